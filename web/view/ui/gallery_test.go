package ui_test

import (
	"context"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"

	words "learningcity/web/locale"

	"github.com/a-h/templ"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// in gives one of two texts, for the fixtures of both languages.
type in struct{ *locale.Printer }

func (l in) t(vi, en string) string { return l.Text(tracker.Text{VI: vi, EN: en}) }

func gallery(l in) []templ.Component {
	parts := messages(l)
	parts = append(parts, fields(l)...)
	return append(parts, figures(l)...)
}

func messages(l in) []templ.Component {
	return []templ.Component{
		ui.Breadcrumb(l.t("Vị trí", "You are here"), []ui.Link{{Text: "Quảng Ninh", Href: "/regions/quang-ninh"}, {Text: "Hạ Long"}}),
		ui.Notice(ui.Note{Kind: "success", Title: l.t("Đã lưu", "Saved"), Text: l.t("Đã gửi thẩm định chỉ số 7.2.2.", "7.2.2 was submitted for review.")}),
		ui.Notice(ui.Note{Kind: "info", Text: l.t("Số liệu tính đến ngày ", "Figures as of ") + l.Date(tracker.NewDate(2025, 2, 28))}),
		ui.Notice(ui.Note{Kind: "warning", Title: l.t("Có dữ liệu nhập sau ngày này", "Some rows were entered after this day"), Text: "<b>&</b>"}),
		ui.Tag("progress", l.T("state.in_progress")), ui.Tag("changed", l.T("state.changed")),
		ui.Cell(ui.Mark{State: "achieved", Text: "1.1.1", Word: l.T("state.achieved"), Title: l.t("Tỷ lệ biết chữ", "Literacy"), Href: "/i/1.1.1"}),
		ui.Cell(ui.Mark{State: "not_started", Text: "7.2.2", Word: l.T("state.not_started"), Href: "/i/7.2.2", Here: true}),
		ui.Cell(ui.Mark{State: "returned", Text: "12.1.2"}),
		ui.Empty(ui.Blank{Title: l.t("Chưa có minh chứng", "No evidence yet"), Text: l.t("Thêm văn bản đầu tiên.", "Add the first document."), Action: ui.Link{Text: l.t("Thêm minh chứng", "Add evidence"), Href: "/evidence/new"}}),
		ui.Empty(ui.Blank{Title: l.t("Không còn việc chờ", "Nothing is waiting")}),
	}
}

func fields(l in) []templ.Component {
	claims := []ui.Option{
		{Value: "not_started", Label: l.T("claim.not_started")},
		{Value: "in_progress", Label: l.T("claim.in_progress"), Hint: l.t("Đang thu thập số liệu", "Figures are being collected")},
		{Value: "achieved", Label: l.T("claim.achieved")},
	}
	bad := l.t("Hãy nhập giá trị bằng số", "Enter the value as a number")
	return []templ.Component{
		ui.ErrorSummary(ui.Errors{Title: l.t("Có 2 lỗi", "There are 2 errors"), List: []ui.FieldError{{ID: "value", Text: bad}, {Text: l.t("Phiên làm việc đã hết", "The session has ended")}}}),
		ui.ErrorSummary(ui.Errors{Title: "none"}),
		ui.Field(ui.Input{Name: "value", Label: l.t("Giá trị", "Value"), Hint: "%", Error: bad, Value: `ba mươi "<`, Short: true, Attributes: templ.Attributes{"inputmode": "decimal", "required": true}}),
		ui.Field(ui.Input{ID: "sign-in-password", Name: "password", Label: l.t("Mật khẩu", "Password"), Type: "password"}),
		ui.TextArea(ui.Input{Name: "note", Label: l.t("Ghi chú", "Note"), Hint: l.t("Người thẩm định sẽ đọc.", "The reviewer will read it."), Value: "\n</textarea>"}),
		ui.RadioGroup(ui.Choice{Name: "claim", Label: l.t("Tự đánh giá", "Claim"), Value: "in_progress", Options: claims, Hint: "?", Error: l.t("Hãy chọn", "Choose one")}),
		ui.RadioGroup(ui.Choice{Name: "second", Label: l.t("Tự đánh giá", "Claim"), Options: claims[:1], LabelHidden: true}),
		ui.Select(ui.Choice{Name: "role", Label: l.t("Vai trò", "Role"), Value: "leader", Options: []ui.Option{{Value: "staff", Label: l.T("role.staff")}, {Value: "leader", Label: l.T("role.leader")}}}),
	}
}

func figures(l in) []templ.Component {
	from, to := tracker.NewDate(2024, time.January, 15), tracker.NewDate(2025, time.February, 28)
	middle := tracker.NewDate(2024, time.August, 13)
	return []templ.Component{
		ui.Bar(3, 4, ""), ui.Bar(53, 57, l.t("53 trên 57 đạt", "53 of 57 achieved")),
		ui.StepChart(ui.Steps{
			ID: "trend", Title: l.t("Số chỉ số đạt", "Indicators achieved"), Desc: l.t("Từ 0 lên 53 trên 57", "From 0 to 53 of 57"),
			From: int(from), To: int(to), Total: 57, Ticks: ui.MonthTicks(int(from), int(to), l.Month),
			Points: []ui.Step{{Day: int(from)}, {Day: int(middle), Value: 50, Mark: "50/57"}, {Day: int(to), Value: 53, Mark: "53/57"}},
			Table: ui.Table{
				Summary: l.t("Xem số liệu", "Show the figures"), Caption: l.t("Số chỉ số đạt theo ngày", "Indicators achieved by day"),
				Head: []string{l.t("Ngày", "Day"), l.t("Đạt", "Achieved")},
				Rows: [][]string{{l.Date(middle), "50"}, {l.Date(to), "53"}},
			},
		}),
		ui.LineChart(ui.Series{
			ID: "values", Title: l.t("Giá trị theo năm", "Values by year"), Desc: l.t("Từ 21,7 lên 29,8", "From 21.7 to 29.8"),
			Points: []ui.Value{{X: 2022, Y: 21.7, XText: "2022", Text: l.Number(217)}, {X: 2024, Y: 29.8, XText: "2024", Text: l.Number(298)}},
			Target: &ui.Value{Y: 35, Text: l.t("mục tiêu ", "target ") + l.Number(350)},
		}),
	}
}

func render(t *testing.T, l in) string {
	t.Helper()
	shell := ui.Shell{
		Language: string(l.Language()), Title: l.t("Bộ phận giao diện", "Parts"), Description: l.t("Mọi bộ phận", "Every part"),
		SkipLabel: l.t("Đến nội dung chính", "Skip to the content"), HTMX: true,
		Header: ui.Tag("achieved", l.T("state.achieved")), Footer: ui.Tag("todo", l.T("state.not_started")),
	}
	var out strings.Builder
	ctx := templ.WithChildren(context.Background(), templ.Join(gallery(l)...))
	if err := ui.Page(shell).Render(ctx, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var (
	hashes = regexp.MustCompile(`\.[0-9a-f]{10}\.`)
	breaks = regexp.MustCompile(`><([^/])`)
)

// tidy puts every element on a line of its own and takes the hashes out, so
// that a change is easy to read and a new colour changes no golden file.
func tidy(html string) string {
	return breaks.ReplaceAllString(hashes.ReplaceAllString(html, "."), ">\n<$1") + "\n"
}

func TestGallery(t *testing.T) {
	bundle, err := locale.Load(words.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range locale.Languages() {
		got := tidy(render(t, in{bundle.Printer(language)}))
		golden := "testdata/gallery." + string(language) + ".html"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; run with -update and read the difference", golden)
		}
	}
}

// TestNothingInline: the content security policy allows no style attribute, no
// inline script and no handler attribute.
func TestNothingInline(t *testing.T) {
	bundle, err := locale.Load(words.Files)
	if err != nil {
		t.Fatal(err)
	}
	html := render(t, in{bundle.Printer(locale.Vietnamese)})
	inline := regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=|<script[^>]*>[^<]|javascript:`)
	if found := inline.FindString(html); found != "" {
		t.Errorf("found %q", found)
	}
}
