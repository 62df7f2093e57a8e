package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// reviewPage is a page of the desk, as the reviewer sees it.
func (r reader) reviewPage(title, path string) view.Page {
	page := r.cityPage(title, path, "reviews", address())
	page.Person = &view.Person{Name: r.t("Người thẩm định", "Reviewer"), Role: r.T("role.reviewer")}
	page.City.CanReview = true
	return page
}

func (r reader) reviewRow(code, standing string, days int) view.ReviewRow {
	row := view.ReviewRow{Version: 4, SubmittedBy: "Trần Văn Cường", Since: today - tracker.Date(days), Days: days, CanDecide: true,
		Cell: view.Cell{Code: code, Standing: standing, Href: address().Review(code, tracker.ReviewFilter{})}}
	for place := range r.framework.All() {
		if place.Indicator.Code == code {
			row.Cell.Title = r.Text(place.Indicator.Title)
		}
	}
	row.Department, _ = r.assigned(code)
	return row
}

func (r reader) desk() view.ReviewList {
	a := address()
	v := view.ReviewList{Page: r.reviewPage(r.T("review_list.title"), a.Reviews(tracker.ReviewFilter{})), Address: a, NeedsReview: true}
	for _, key := range []string{"department", "area"} {
		v.Choices = append(v.Choices, view.FilterChoices{Key: key, Name: r.T("entry_list.filter." + key), Options: []view.FilterOption{
			{Text: r.T("entry_list.filter.all"), Href: a.Reviews(tracker.ReviewFilter{}), Current: true},
			{Value: "none", Text: r.T("entry.no_department"), Href: a.Reviews(tracker.ReviewFilter{Department: tracker.NoDepartment})},
		}})
	}
	return v
}

// reviewList is a desk with an entry of each kind, the first for the longest time.
func reviewList(r reader) templ.Component {
	v := r.desk()
	own := r.reviewRow(returned, "awaiting", 1)
	own.Own, own.CanDecide, own.Department = true, false, ""
	v.Total, v.Longest, v.CanDecide, v.Others = 4, 123, true, view.ReviewsPath
	v.Rows = []view.ReviewRow{r.reviewRow(openCode, "awaiting", 123), r.reviewRow("8.3.1", "changed", 12), own, r.reviewRow("9.3.1", "awaiting", 0)}
	v.Begin = v.Rows[0].Cell.Href
	return view.ReviewListPage(v)
}

// reviewListRefused is what several at once came to.
func reviewListRefused(r reader) templ.Component {
	v := r.desk()
	v.Total, v.Longest, v.CanDecide = 4, 123, true
	row := r.reviewRow("9.3.1", "awaiting", 0)
	row.Ticked = true
	v.Rows, v.Begin = []view.ReviewRow{row}, row.Cell.Href
	v.Accepted = []string{openCode, "8.3.1"}
	v.Refused = []view.ReviewRefusal{
		{Code: "9.3.1", Title: row.Cell.Title, Reason: r.T("review_list.error.conflict"), Href: v.ReviewSince("9.3.1", 3)},
		{Code: "<b>x</b>", Reason: r.T("review_list.error.unknown")},
	}
	v.Problems = []string{r.T("entry_list.error.filter", "filter", r.T("entry_list.filter.area"), "value", "99")}
	v.Errors = view.Errors{"entry": r.T("review_list.error.none_ticked")}
	return view.ReviewListPage(v)
}

func reviewListEmpty(r reader) templ.Component { return view.ReviewListPage(r.desk()) }

// reviewListNone is a part of the queue in which nothing waits.
func reviewListNone(r reader) templ.Component {
	v := r.desk()
	v.Total, v.Longest = 2, 3
	v.Filter.Area = "1"
	return view.ReviewListPage(v)
}

func reviewListUnreviewed(r reader) templ.Component {
	v := r.desk()
	v.NeedsReview = false
	return view.ReviewListPage(v)
}

func reviewCities(r reader) templ.Component {
	page := r.page(r.T("review_cities.title"), view.ReviewsPath)
	page.Person = &view.Person{Name: r.t("Người thẩm định", "Reviewer"), ManyCities: true}
	return view.ReviewCitiesPage(view.ReviewCities{Page: page, Cities: []view.ReviewCity{
		{Name: r.Text(r.city.City.Name), Href: address().Reviews(tracker.ReviewFilter{}), Count: 12, Days: 34},
		{Name: r.t("Thành phố Huế", "Hue city"), Href: view.Address{City: "hue"}.Reviews(tracker.ReviewFilter{})},
	}})
}

// changes is a difference with a row of each kind.
func (r reader) changes(key string) view.Difference {
	plain, marked := func(text string) view.Piece { return view.Piece{Text: text} }, func(text string) view.Piece { return view.Piece{Text: text, Marked: true} }
	return view.Difference{
		Title: r.T(key), Text: r.T("difference.decided", "name", "Lê Thị Hạnh", "moment", r.Time(noon)),
		Before: r.T("difference.before"), After: r.T("difference.after"), None: r.T("difference.none"),
		Rows: []view.DifferenceRow{
			{Label: r.T("narrative.narrative"), Language: "vi",
				Before: []view.Piece{plain("Thành phố có "), marked("12"), plain(" thư viện, mở cửa cả tuần.\nĐã ban hành kế hoạch.")},
				After:  []view.Piece{plain("Thành phố có "), marked("15 thư viện và 3 tủ sách,"), plain(" mở cửa cả tuần.\nĐã ban hành kế hoạch.")}},
			{Label: r.T("narrative.solution"), Language: "vi", After: []view.Piece{marked("Liên kết thư viện số <b>trong nước</b> và quốc tế.")}},
			{Label: r.T("difference.figure", "year", "2024"), Before: []view.Piece{marked("29,8")}, After: []view.Piece{marked("31,5")}},
			{Label: r.T("difference.document"), Before: []view.Piece{plain(r.decree().Title + "\n" + r.T("version.name", "number", "1"))}},
		},
	}
}

func (r reader) reviewed(code string) view.ReviewShow {
	v := view.ReviewShow{EntryShow: r.entry(code, today), Waits: true, SubmittedBy: "Trần Văn Cường", Since: today - 14, Days: 14, Place: 3, Total: 12,
		CanDecide: true, Form: view.ReviewForm{Version: 9}}
	v.Page = r.reviewPage(code+" "+v.Title, address().Review(code, v.Filter))
	v.Today, v.Claim, v.Verdict, v.Standing = true, tracker.ClaimAchieved, tracker.VerdictAwaiting, "awaiting"
	for _, step := range []*ui.Link{&v.Previous, &v.Next} {
		step.Href = address().Review(step.Text, v.Filter)
	}
	return v
}

// reviewShow waits again after it was returned, with documents to look at.
func reviewShow(r reader) templ.Component {
	v := r.reviewed(openCode)
	v.Threads = r.threadPart()
	v.Threads.Review = &v.Filter
	v.Message = "Đã bổ sung số liệu năm 2024.\nKính gửi người thẩm định."
	earlier := r.changes("difference.since.return")
	v.Earlier = &earlier
	v.Completeness = incomplete(v.Evidence)
	file := view.LinkedRow{EvidenceRow: r.decree(), Answers: v.Evidence[:1], FileHref: address().File(7, 2), PreviewHref: address().Preview(7, 2)}
	picture := view.LinkedRow{EvidenceRow: r.portal(), FileHref: address().File(6, 1), PreviewHref: address().Preview(6, 1), Image: true}
	v.Linked = []view.LinkedRow{file, picture, {Hidden: true}}
	return view.ReviewShowPage(v)
}

// reviewConflict changed while the reviewer was typing, and has no remark yet.
func reviewConflict(r reader) templ.Component {
	v := r.reviewed(openCode)
	meanwhile := r.changes("review_show.meanwhile")
	meanwhile.Rows, meanwhile.None = nil, r.T("review_show.meanwhile.none")
	v.Meanwhile = &meanwhile
	v.Conflict = &view.ReviewConflict{Title: r.T("entry_conflict.who", "name", "Trần Văn Cường", "moment", r.Time(noon)), Text: r.T("review_show.changed")}
	v.Form.Note, v.Form.Errors = "Chưa có <số liệu> năm 2024.", view.Errors{"note": r.T("return.error.no_reason")}
	v.Previous, v.Next = ui.Link{}, ui.Link{}
	return view.ReviewShowPage(v)
}

// reviewDecided was decided on by somebody else meanwhile.
func reviewDecided(r reader) templ.Component {
	v := r.reviewed(returned)
	v.Waits, v.CanDecide, v.Place, v.Standing, v.Verdict = false, false, 0, "returned", tracker.VerdictReturned
	v.Conflict = &view.ReviewConflict{Title: r.T("act.return") + " · " + r.T("entry_conflict.who", "name", "Lê Thị Hạnh", "moment", r.Time(noon)),
		Text: r.T("review_show.decided"), Note: "Thiếu quyết định phê duyệt."}
	v.Form.Note = "Tôi thấy đã đạt."
	return view.ReviewShowPage(v)
}

// reviewOwn is the reviewer's own submission.
func reviewOwn(r reader) templ.Component {
	v := r.reviewed(openCode)
	v.Own, v.CanDecide = "entry_reviewer_is_not_submitter", false
	return view.ReviewShowPage(v)
}

func reviewOver(r reader) templ.Component {
	v := r.reviewed(openCode)
	v.Waits, v.CanDecide, v.Place, v.Verdict, v.Standing = false, false, 0, tracker.VerdictAccepted, "achieved"
	return view.ReviewShowPage(v)
}

func decisionShow(r reader) templ.Component {
	v := view.DecisionShow{EntryShow: r.entry(openCode, today), Act: "accept", By: "Lê Thị Hạnh", At: r.Time(noon), Note: "Đồng ý.\nDuy trì trong năm 2025.",
		Since: r.changes("decision.since")}
	v.Page.Title, v.Today, v.Claim = r.T("decision.title"), true, tracker.ClaimAchieved
	v.Seen = []view.SeenRow{
		{Title: r.decree().Title, Href: r.decree().Href, Version: 1, Answers: v.Evidence[:1], Withdrawn: true,
			Facts: []string{r.T("passport.number") + ": 12/KH-UBND"}}, {Version: 2},
	}
	return view.DecisionShowPage(v)
}

// decisionUnchanged has no documents, and nothing changed since.
func decisionUnchanged(r reader) templ.Component {
	v := view.DecisionShow{EntryShow: r.entry("9.3.1", today), Act: "return", By: "Lê Thị Hạnh", At: r.Time(noon), Note: "Chưa có minh chứng."}
	v.Page.Title, v.Today = r.T("decision.title"), true
	v.Since = view.Difference{Title: r.T("decision.since"), None: r.T("difference.none")}
	return view.DecisionShowPage(v)
}

// entryChanged was accepted and edited since, as a reviewer sees it.
func entryChanged(r reader) templ.Component {
	v := r.entry("8.3.1", today)
	v.Today, v.Claim, v.Verdict, v.CanReopen = true, tracker.ClaimAchieved, tracker.VerdictAccepted, true
	v.ReviewRef = v.Review(v.Code, tracker.ReviewFilter{})
	since := r.changes("difference.since.accept")
	v.Since = &since
	v.ReopenErrors = view.Errors{"note": r.T("reopen.error.no_reason"), "": r.T("reopen.error.not_accepted")}
	v.History[0] = view.HistoryRow{On: february, Recorded: noon, Act: "accept", By: "Lê Thị Hạnh", Standing: "achieved", SeenHref: v.Decision(v.Code, 4)}
	return view.EntryShowPage(v)
}
