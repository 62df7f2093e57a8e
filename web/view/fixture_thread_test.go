package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

func (r reader) threadsAt() view.ThreadsAt { return view.ThreadsAt{Address: address(), Code: openCode} }

const longComment = "Số liệu học viên năm 2024 chưa khớp với báo cáo của Trung tâm Giáo dục nghề nghiệp – Giáo dục thường xuyên.\n\n" +
	"Đề nghị đối chiếu với https://halong.gov.vn/bao-cao/thong-ke-giao-duc-thuong-xuyen-nam-2024-phuong-Hong-Gai.pdf, rồi bổ sung. <b>Cảm ơn!</b>"

func (r reader) said(number int, by string, as tracker.Role, text string) view.CommentRow {
	return view.CommentRow{Number: number, By: by, As: r.T("role." + string(as)), At: noon, Pieces: tracker.Pieces(text)}
}

// direction is overdue, its department has a long name.
func (r reader) direction() view.ThreadRow {
	return view.ThreadRow{ID: 14, Version: 1, Direction: true, State: "open", OpenedAt: noon, DueOn: february, Overdue: true,
		Title: r.T("direction.one.department", "department", r.Text(r.city.Departments[0].Name)), Href: r.threadsAt().Thread(14), CanReply: true, CanAnswer: true,
		Comments: []view.CommentRow{r.said(1, "Lê Quang Minh", tracker.Leader, "Khẩn trương hoàn thành trước ngày khảo sát.")}}
}

// question is a long one among reviewers.
func (r reader) question() view.ThreadRow {
	row := view.ThreadRow{ID: 12, Version: 3, Internal: true, State: "open", OpenedAt: noon, Title: r.T("thread.one", "name", "Phạm Thu Hà"),
		Href: r.threadsAt().Thread(12), CanReply: true, LeftOut: 4,
		Comments: []view.CommentRow{r.said(1, "Phạm Thu Hà", tracker.Reviewer, longComment), r.said(6, "Trần Văn Cường", tracker.Staff, "Đã đối chiếu, xem phụ lục 2."),
			r.said(7, "Nguyễn Thị Bình", tracker.Coordinator, "")}}
	row.Comments[0].Mentioned = "Trần Văn Cường, Nguyễn Thị Bình"
	row.Comments[1].EditedAt = noon.AddDate(0, 0, 1)
	row.Comments[2].DeletedAt = noon.AddDate(0, 0, 2)
	return row
}

func (r reader) settled() view.ThreadRow {
	return view.ThreadRow{ID: 9, Version: 2, State: "resolved", OpenedAt: noon, Title: r.T("thread.one", "name", "Vũ Đình Nam"),
		Settled: r.T("thread.settled", "name", "Phạm Thu Hà", "time", r.Time(noon)), Href: r.threadsAt().Thread(9),
		Comments: []view.CommentRow{r.said(1, "Vũ Đình Nam", tracker.Expert, "Nên liên kết thư viện số.")}}
}

func (r reader) threadPart() view.ThreadPart {
	return view.ThreadPart{ThreadsAt: r.threadsAt(), Readable: true, CanWrite: true, Total: 12, Resolved: 8, TextLanguage: "vi",
		Threads: []view.ThreadRow{r.direction(), r.question(), r.settled()}}
}

func (r reader) threadPage(title, path string) view.Page {
	return r.cityPage(title, path, "indicators", address())
}

func (r reader) indicatorName() string {
	place, _ := r.framework.AreaOf(openCode)
	return r.T("entry.name", "code", openCode, "title", r.Text(place[0].Indicator.Title))
}

func threadList(r reader) templ.Component {
	v := view.ThreadList{Page: r.threadPage(r.T("thread.title"), r.threadsAt().List(20)), ThreadsAt: r.threadsAt(), Part: r.threadPart(), Name: r.indicatorName(),
		NewestHref: r.threadsAt().List(0), OlderHref: r.threadsAt().List(9)}
	v.Part.CanDirect, v.Part.OwnPage = true, true
	return view.ThreadListPage(v)
}

func threadListEmpty(r reader) templ.Component {
	return view.ThreadListPage(view.ThreadList{Page: r.threadPage(r.T("thread.title"), r.threadsAt().List(0)), ThreadsAt: r.threadsAt(), Name: r.indicatorName(),
		Part: view.ThreadPart{ThreadsAt: r.threadsAt(), Readable: true, CanWrite: true}})
}

func (r reader) mentions() []view.MentionBox {
	return []view.MentionBox{{ID: 3, Name: "Phạm Thu Hà", As: r.T("role.reviewer")}, {ID: 4, Name: "Trần Văn Cường", As: r.Text(r.city.Departments[0].Name), Checked: true}}
}

func (r reader) thread(row view.ThreadRow) view.ThreadShow {
	v := view.ThreadShow{Page: r.threadPage(row.Title, row.Href), ThreadsAt: r.threadsAt(), Name: r.indicatorName(), Row: row, TextLanguage: "vi", CanReply: row.CanReply,
		Mentions: r.mentions(), Errors: view.Errors{}}
	v.Mentions[1].Checked = false
	return v
}

// threadShow is one's own question, edited twice, with the form as it was.
func threadShow(r reader) templ.Component {
	v := r.thread(r.question())
	v.CanResolve, v.Row.LeftOut, v.Row.Internal = true, 0, false
	v.Row.Comments[0].EditHref, v.Row.Comments[0].DeleteHref = v.Comment(12, 1), v.DeleteComment(12, 1)
	v.Row.Comments[1].Earlier = []view.EarlierRow{{At: noon, Pieces: tracker.Pieces("Đã đối chiếu.")}, {At: noon.AddDate(0, 0, 1), Pieces: tracker.Pieces("Đã đối chiếu, xem phụ lục.")}}
	return view.ThreadShowPage(v)
}

// threadRefused is a direction whose answer says nothing and mentions a stranger.
func threadRefused(r reader) templ.Component {
	v := r.thread(r.direction())
	v.Changed, v.Mentions = true, r.mentions()
	v.Errors = view.Errors{"text": r.T("comment_text_is_text"), "mention": r.T("mention.error.not_a_reader"), "": r.T("assessment.error.closed")}
	return view.ThreadShowPage(v)
}

// threadAnswered is a direction before its leader.
func threadAnswered(r reader) templ.Component {
	v := r.thread(r.direction())
	v.Row.State, v.Row.Overdue, v.Row.CanAnswer = "answered", false, false
	v.Row.Settled = r.T("direction.answered", "name", "Trần Văn Cường", "time", r.Time(noon))
	answer := r.said(2, "Trần Văn Cường", tracker.Staff, "Đã hoàn thành.")
	answer.Answers = true
	v.Row.Comments = append(v.Row.Comments, answer)
	v.CanResolve, v.CanReopen = true, true
	return view.ThreadShowPage(v)
}

func threadSettled(r reader) templ.Component {
	v := r.thread(r.settled())
	v.CanReopen = true
	return view.ThreadShowPage(v)
}

func threadNew(r reader) templ.Component {
	return view.ThreadNewPage(view.ThreadNew{Page: r.threadPage(r.T("thread.new"), r.threadsAt().New("")), ThreadsAt: r.threadsAt(), Name: r.indicatorName(),
		CanHide: true, Audience: "city", Mentions: r.mentions()[:1], TextLanguage: "vi"})
}

func directionNew(r reader) templ.Component {
	return view.ThreadNewPage(view.ThreadNew{Page: r.threadPage(r.T("direction.new"), r.threadsAt().New("direction")), ThreadsAt: r.threadsAt(), Name: r.indicatorName(),
		Direction: true, Department: r.Text(r.city.Departments[0].Name), DueOn: "hôm qua", Text: longComment, Mentions: r.mentions(), TextLanguage: "vi",
		Errors: view.Errors{"due_on": r.T("on.error.malformed"), "text": r.T("comment_text_length", "comment", 4000)}})
}

// directionNobody is on an indicator that no department leads.
func directionNobody(r reader) templ.Component {
	return view.ThreadNewPage(view.ThreadNew{Page: r.threadPage(r.T("direction.new"), r.threadsAt().New("direction")), ThreadsAt: r.threadsAt(), Name: r.indicatorName(),
		Direction: true, TextLanguage: "vi"})
}

func commentEdit(r reader) templ.Component {
	return view.CommentEditPage(view.CommentEdit{Page: r.threadPage(r.T("comment_edit.title"), r.threadsAt().Comment(12, 1)), ThreadsAt: r.threadsAt(), Name: r.indicatorName(),
		ID: 12, Number: 1, Version: 2, Text: longComment, Theirs: "Đã sửa ở máy khác.", TextLanguage: "vi", Errors: view.Errors{"text": r.T("comment.error.same")}})
}

func commentDelete(r reader) templ.Component {
	return view.CommentDeletePage(view.CommentDelete{Page: r.threadPage(r.T("comment_delete.title"), r.threadsAt().DeleteComment(12, 1)), ThreadsAt: r.threadsAt(),
		Name: r.indicatorName(), ID: 12, Number: 1, Version: 2, Comment: r.said(1, "Phạm Thu Hà", tracker.Reviewer, longComment), Changed: true, TextLanguage: "vi",
		Errors: view.Errors{"": r.T("comment.error.deleted")}})
}

func (r reader) directions() view.DirectionList {
	a := address()
	return view.DirectionList{Page: r.threadPage(r.T("direction.title"), a.Directions("", false, 0)), Address: a, TextLanguage: "vi",
		Shows: []view.FilterOption{{Text: r.T("direction.show.open"), Href: a.Directions("", false, 0), Current: true},
			{Text: r.T("direction.show.closed"), Href: a.Directions("", true, 0)}},
		Departments: []view.FilterOption{{Text: r.T("library.show.all"), Href: a.Directions("", false, 0), Current: true},
			{Text: r.Text(r.city.Departments[0].Name), Href: a.Directions("CUL", false, 0)}}}
}

func directionList(r reader) templ.Component {
	v := r.directions()
	v.Rows = []view.ThreadRow{r.direction(), r.direction()}
	v.Rows[1].ID, v.Rows[1].Overdue, v.Rows[1].State = 13, false, "answered"
	v.Rows[1].Settled = r.T("direction.answered", "name", "Trần Văn Cường", "time", r.Time(noon))
	for i := range v.Rows {
		v.Rows[i].On = ui.Link{Text: r.indicatorName(), Href: r.threadsAt().Beside(v.Rows[i].ID)}
	}
	v.OlderHref, v.NewestHref = v.Directions("", false, 13), v.Directions("", false, 0)
	return view.DirectionListPage(v)
}

func directionListEmpty(r reader) templ.Component { return view.DirectionListPage(r.directions()) }
