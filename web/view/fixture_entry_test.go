package view_test

import (
	"strconv"
	"time"

	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

const (
	openCode   = "7.2.2" // measured, not achieved
	returned   = "12.1.2"
	hanoiHours = 7 * 60 * 60
)

var noon = time.Date(2025, time.March, 5, 14, 30, 0, 0, time.FixedZone("", hanoiHours))

// entryForStaff is an open indicator as its department sees it after saving.
func entryForStaff(r reader) templ.Component {
	v := r.entry(openCode, today)
	v.Today, v.CanClaim, v.CanEditNarrative, v.CanMeasure = true, true, true, true
	for i := range v.Measurements {
		v.Measurements[i].EditHref = v.Measurement(v.Code, 2022+i)
	}
	v.Notice = saved(r, "notice.claim_saved")
	v.Assignee = ui.Link{Text: "Trần Văn Cường", Href: address().List(tracker.Filter{Assignee: "2"})}
	v.CanLink, v.Completeness = true, incomplete(v.Evidence)
	v.Linked = []view.LinkedRow{{EvidenceRow: r.decree(), Answers: v.Evidence[:1]}, {Hidden: true}}
	v.Threads = r.threadPart()
	v.Recommendations, v.RecommendHref = []view.RecommendationRow{r.recommendation(tracker.RecommendationTakenOn)}, v.NewRecommendation(v.Code)
	v.Tasks = []view.TaskRow{r.task(tracker.TaskOpen)}
	for _, source := range tracker.TaskSources[:4] {
		v.TaskSources = append(v.TaskSources, ui.Link{Text: r.T("entry_advice.from." + string(source)), Href: v.NewTask(source, v.Code, 0)})
	}
	return view.EntryShowPage(v)
}

// entryRefused is the coordinator's form with three errors and the input kept.
func entryRefused(r reader) templ.Component {
	v := r.entry(returned, today)
	v.Today, v.CanClaim, v.CanBackdate, v.CanSubmit, v.CanEditNarrative = true, true, true, true, true
	v.Claim, v.Verdict, v.Overdue = tracker.ClaimAchieved, tracker.VerdictReturned, true
	v.SubmitError, v.MoveNote = r.T("submit.error.not_submittable"), "Đã gửi kèm phụ lục."
	v.ClaimForm.Claim, v.ClaimForm.Note, v.ClaimForm.EffectiveOn = "achieved", "Đã bổ sung báo cáo.\n<b>Xem phụ lục</b>", "31/02/2025"
	v.ClaimForm.Errors = view.Errors{
		"claim": r.T("claim.error.same"), "effective_on": r.T("effective_on.error.malformed"), "": r.T("assessment.error.closed"),
	}
	return view.EntryShowPage(v)
}

func entryAwaiting(r reader) templ.Component {
	v := r.entry("9.3.1", today)
	v.Today, v.CanClaim, v.CanWithdraw = true, true, true
	v.Claim, v.Verdict = tracker.ClaimAchieved, tracker.VerdictAwaiting
	v.ClaimForm.Claim = "achieved"
	v.Narrative = tracker.Narrative{}
	v.CanEditNarrative = true
	return view.EntryShowPage(v)
}

func entryPast(r reader) templ.Component {
	v := r.entry(openCode, august)
	v.TodayRef = address().Entry(openCode)
	v.Chart, v.Measurements = nil, nil
	return view.EntryShowPage(v)
}

// entryReadOnly is the first indicator of all, achieved, as a leader sees it.
func entryReadOnly(r reader) templ.Component {
	v := r.entry("1.1.1", today)
	v.Today, v.Verdict, v.Previous, v.Department = true, tracker.VerdictAccepted, ui.Link{}, ""
	v.Narrative.Obstacles, v.Narrative.Solution = "", ""
	v.Threads = view.ThreadPart{ThreadsAt: r.threadsAt(), Readable: true, CanWrite: true, CanDirect: true}
	return view.EntryShowPage(v)
}

// entryToConfirm begins with what an earlier assessment ended with.
func entryToConfirm(r reader) templ.Component {
	v := r.entry(openCode, today)
	v.Today, v.CanClaim, v.CanSubmit, v.ToConfirm, v.CarriedFrom = true, true, true, true, r.earlier()
	v.Claim, v.ClaimForm.Claim, v.Standing = tracker.ClaimAchieved, "achieved", "claimed"
	v.History = []view.HistoryRow{
		{On: today, Recorded: noon, Act: "link_evidence", By: "Nguyễn Thị Hoa", Note: "Quyết định 12/QĐ-UBND", Carried: r.earlier()},
		{On: today, Recorded: noon, Act: "carry_over", By: "Nguyễn Thị Hoa", Standing: "claimed", Carried: r.earlier()}}
	return view.EntryShowPage(v)
}

// earlier is the name of the assessment before, as long as names get.
func (r reader) earlier() string {
	return "1. " + r.t("Tự đánh giá phục vụ hồ sơ đăng ký tham gia Mạng lưới Thành phố học tập toàn cầu của UNESCO, giai đoạn 2023–2025",
		"Self-assessment for the application to the UNESCO Global Network of Learning Cities, 2023–2025")
}

func entryClosed(r reader) templ.Component {
	v := r.entry("1.1.1", today)
	v.Today, v.Verdict, v.Closed = true, tracker.VerdictAccepted, view.Closed{On: february, Submitted: true}
	return view.EntryShowPage(v)
}

func (r reader) entry(code string, on tracker.Date) view.EntryShow {
	a := addressOn(on)
	around, _ := r.framework.AreaOf(code)
	v := view.EntryShow{
		Address: a, Code: code, On: on, Standing: r.standing(code, on), Claim: tracker.Claim(r.standing(code, august)),
		Verdict: tracker.VerdictNone, ChangedOn: tracker.NewDate(2024, 6, 3), TextLanguage: "vi",
		ClaimForm: view.ClaimForm{Version: 4, Claim: "in_progress", NeedsReview: true},
		History:   r.history(),
	}
	for _, place := range around {
		cell := r.cell(place.Indicator, a, on)
		if cell.Here = cell.Code == code; cell.Here {
			r.describe(&v, place)
		}
		v.Near = append(v.Near, cell)
	}
	previous, next := r.framework.Around(code)
	v.Previous, v.Next = ui.Link{Text: previous, Href: a.Entry(previous)}, ui.Link{Text: next, Href: a.Entry(next)}
	v.Department, v.DueOn = r.assigned(code)
	v.Page = r.cityPage(code+" "+v.Title, a.Entry(code), "indicators", a)
	if on == today {
		v.Watch = &view.Watch{City: a.City, Assessment: 1, Code: code, Version: 4}
	}
	return v
}

func (r reader) describe(v *view.EntryShow, place tracker.Place) {
	i := place.Indicator
	v.Title, v.Question, v.Kind, v.Source = r.Text(i.Title), r.Text(i.Question), string(i.Kind), string(i.Source)
	v.Group, v.Area = r.Text(place.Group.Title), place.Area.Code+". "+r.Text(place.Area.Title)
	v.AreaHref, v.Feature = v.List(tracker.Filter{Area: place.Area.Code}), place.Feature.Code+" "+r.Text(place.Feature.Title)
	for _, document := range i.Evidence {
		v.Evidence = append(v.Evidence, r.Text(document))
	}
	for _, e := range r.city.Entries {
		if e.Indicator == i.Code {
			v.Narrative = tracker.Narrative{Narrative: e.Narrative.VI, Obstacles: e.Obstacles.VI, Solution: e.Solution.VI}
		}
	}
	if v.Quantitative = i.Kind == tracker.Quantitative; v.Quantitative {
		v.Unit, v.Better = r.T("unit."+string(i.Unit)), string(i.Better)
		r.measure(v, i)
	}
}

func (r reader) measure(v *view.EntryShow, i *tracker.Indicator) {
	series := ui.Series{
		ID: "values", Title: r.T("entry_show.chart.title", "indicator", v.Title),
		Desc: r.T("entry_show.chart.description", "from", "21,7", "first", "2022", "to", "29,8", "last", "2024", "unit", v.Unit),
	}
	for _, m := range r.city.Measurements {
		if m.Indicator != i.Code {
			continue
		}
		year := strconv.Itoa(m.Year)
		v.Measurements = append(v.Measurements, view.MeasurementRow{
			Year: year, Value: r.Number(m.Value), Target: r.Number(m.Target), Meets: m.Value >= m.Target, Source: m.Source.VI,
		})
		series.Points = append(series.Points, ui.Value{X: m.Year, Y: m.Value.Float(), XText: year, Text: r.Number(m.Value)})
		series.Target = &ui.Value{Y: m.Target.Float(), Text: r.T("entry_show.chart.target", "target", r.Number(m.Target))}
	}
	if len(series.Points) > 1 {
		v.Chart = &series
	}
}

func (r reader) history() []view.HistoryRow {
	officer := r.t("Cán bộ Cơ quan phụ trách văn hóa", "Officer of the culture authority")
	return []view.HistoryRow{
		{
			On: february, Recorded: noon, Late: true, Act: "edit_narrative", By: officer,
			Texts: []view.LabelledText{
				{Key: "narrative.narrative", Text: "Năm 2024, tỷ lệ người dân học trực tuyến đạt 29,8%."},
				{Key: "narrative.obstacles", Text: "Tài liệu địa phương được số hóa còn ít."},
			},
		},
		{On: tracker.NewDate(2025, 2, 15), Recorded: noon, Act: "record_measurement", By: officer, Figure: r.T("entry_show.figure_with_target", "year", "2024", "value", "29,8", "target", "35,0")},
		{
			On: tracker.NewDate(2024, 6, 3), Recorded: noon, Act: "change_claim", By: officer, Standing: "in_progress",
			Note: "Minh họa: đang thu thập số liệu sử dụng; thư viện số chưa liên kết với các nguồn tài liệu khác.",
		},
		{On: tracker.NewDate(2024, 1, 15), Recorded: noon, Act: "open", By: r.t("Điều phối viên", "Coordinator"), Standing: "not_started", Note: "Mở đợt đánh giá; chưa ghi nhận công việc nào."},
	}
}
