package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// advicePage is a page of recommendations and tasks, as an officer sees it.
func (r reader) advicePage(title, path string) view.Page {
	return r.cityPage(title, path, "tasks", address())
}

const longAdvice = "Đề nghị thành phố xây dựng thư viện số có kết nối trong nước và quốc tế, bố trí dịch vụ và không gian dành cho bạn đọc yếu thế " +
	"(trong đó có người khiếm thính, người khiếm thị), dành không gian cho nhà nghiên cứu, chú trọng văn hóa biển với tư cách là di sản văn hóa phi vật thể " +
	"và đưa ra cam kết rõ ràng về huy động mọi nguồn lực.\n<b>Thời hạn</b>: trước khi nộp hồ sơ."

func links(codes ...string) []ui.Link {
	var all []ui.Link
	for _, code := range codes {
		all = append(all, ui.Link{Text: code, Href: address().Entry(code)})
	}
	return all
}

func (r reader) recommendation(state tracker.RecommendationState) view.RecommendationRow {
	return view.RecommendationRow{Text: tracker.Excerpt(longAdvice), Href: address().Recommendation(7), State: string(state), Required: true, GivenOn: august,
		GivenBy: "PGS. TS. Nguyễn Phương Thảo Vy, chuyên gia của Ủy ban Quốc gia UNESCO Việt Nam", Indicators: links("4.5.2", "7.2.2", "9.3.1", "12.1.2")}
}

func (r reader) task(state tracker.TaskState) view.TaskRow {
	return view.TaskRow{Title: "Ký thỏa thuận kết nối thư viện số của thành phố với thư viện quốc gia, thư viện các trường đại học và thư viện của các thành phố học tập khác",
		Href: address().Task(5), State: string(state), DueOn: february, Overdue: state == tracker.TaskOpen, Department: r.Text(r.city.Departments[2].Name),
		Assignee: "Nguyễn Thị Thùy Dương", Indicators: links("7.2.2", "9.3.1")}
}

func (r reader) moves() []view.MoveRow {
	return []view.MoveRow{
		{Act: "answer_recommendation", By: "Trần Văn Cường", At: noon, Note: "Đã kết nối.\n<b>Xem biên bản</b>", Evidence: []ui.Link{
			{Text: r.decree().Title, Href: address().Evidence(7)}, {Text: r.T("advice.evidence.hidden")}}},
		{Act: "take_on_recommendation", By: "Nguyễn Thị Bình", At: noon.AddDate(0, -5, 0)},
		{Act: "give_recommendation", By: "Phương Thảo Vy", At: noon.AddDate(0, -6, 0)},
	}
}

func choices(texts ...string) []view.FilterOption {
	var all []view.FilterOption
	for n, text := range texts {
		all = append(all, view.FilterOption{Text: text, Href: address().Tasks(tracker.TaskFilter{}), Current: n == 0})
	}
	return all
}

func (r reader) recommendations() view.RecommendationList {
	return view.RecommendationList{Page: r.advicePage(r.T("recommendation.title"), address().Recommendations(tracker.RecommendationFilter{})), Address: address(),
		TextLanguage: "vi", States: choices(r.T("recommendation.state.all"), r.T("recommendation.state.given"), r.T("recommendation.state.closed")),
		Required: choices(r.T("recommendation.required.all"), r.T("recommendation.required.yes"), r.T("recommendation.required.no"))}
}

func recommendationList(r reader) templ.Component {
	v := r.recommendations()
	v.Blocking, v.BlockingHref = 2, v.Recommendations(tracker.RecommendationFilter{Required: "yes"})
	v.NewHref, v.Chosen, v.Problem = v.NewRecommendation(""), true, r.T("recommendation.error.filter")
	v.Assessments = []view.AssessmentChoice{{Name: "2024-2025", Href: "/", Current: true}, {Name: "2026-2027", Href: "/"}}
	for _, state := range tracker.RecommendationStates {
		row := r.recommendation(state)
		row.Required = state != tracker.RecommendationClosed
		v.Rows = append(v.Rows, row)
	}
	v.Rows[4].Indicators = nil
	v.OlderHref, v.NewestHref = v.Recommendations(tracker.RecommendationFilter{Before: tracker.DayKey{On: august, ID: 3}}), v.Recommendations(tracker.RecommendationFilter{})
	return view.RecommendationListPage(v)
}

func recommendationEmpty(r reader) templ.Component {
	v := r.recommendations()
	v.NewHref = v.NewRecommendation("")
	return view.RecommendationListPage(v)
}

func recommendationNone(r reader) templ.Component {
	v := r.recommendations()
	v.Chosen = true
	return view.RecommendationListPage(v)
}

func (r reader) oneRecommendation() view.RecommendationShow {
	row := r.recommendation(tracker.RecommendationAnswered)
	row.Text = longAdvice
	return view.RecommendationShow{Page: r.advicePage(r.T("recommendation.of", "day", august), row.Href), Address: address(), Row: row,
		Source: "Hội nghị tham vấn ngày 13/8/2024", TextLanguage: "vi", Assessment: r.Text(r.city.Assessment.Name), Moves: r.moves()}
}

func recommendationShow(r reader) templ.Component {
	v := r.oneRecommendation()
	v.Acts = []ui.Link{{Text: r.T("recommendation.act.close_recommendation"), Href: v.RecommendationAct(7, "close")},
		{Text: r.T("recommendation.act.reopen_recommendation"), Href: v.RecommendationAct(7, "reopen")}}
	v.Tasks, v.NewTaskHref = []view.TaskRow{r.task(tracker.TaskDone), r.task(tracker.TaskOpen)}, v.NewTask(tracker.FromRecommendation, "", 7)
	return view.RecommendationShowPage(v)
}

func recommendationBare(r reader) templ.Component {
	v := r.oneRecommendation()
	v.Row.State, v.Row.Required, v.Row.Indicators, v.Source = "given", false, nil, ""
	v.Moves = v.Moves[2:]
	return view.RecommendationShowPage(v)
}

func (r reader) areas() []view.PickArea {
	var areas []view.PickArea
	for _, place := range r.framework.Places()[:12] {
		if n := len(areas); n == 0 || areas[n-1].Code != place.Area.Code {
			areas = append(areas, view.PickArea{Code: place.Area.Code, Title: r.Text(place.Area.Title)})
		}
		last := &areas[len(areas)-1]
		last.Rows = append(last.Rows, view.PickRow{Code: place.Indicator.Code, Title: r.Text(place.Indicator.Title)})
	}
	areas[0].Rows[1].Checked, areas[0].Count = true, 1
	return areas
}

func recommendationNew(r reader) templ.Component {
	v := view.RecommendationNew{Page: r.advicePage(r.T("recommendation.new"), address().NewRecommendation("")), Address: address(), Action: address().NewRecommendation(""),
		Assessment: r.Text(r.city.Assessment.Name), TextLanguage: "vi", Areas: r.areas()}
	v.Form = view.RecommendationForm{Text: longAdvice, Source: "Hội nghị", GivenOn: "mai", Required: "yes"}
	v.Errors = view.Errors{"text": r.T("recommendation.error.long", "recommendation", 2000), "given_on": r.T("on.error.malformed"),
		"required": r.T("recommendation.error.required"), "indicators": r.T("recommendation.error.indicators"), "": r.T("assessment.error.closed")}
	return view.RecommendationNewPage(v)
}

func (r reader) adviceAct(act tracker.Action, label string) view.AdviceAct {
	a := address()
	return view.AdviceAct{Page: r.advicePage(r.T("recommendation.act."+string(act)), a.RecommendationAct(7, "answer")), Address: a,
		List: ui.Link{Text: r.T("recommendation.title"), Href: a.Recommendations(tracker.RecommendationFilter{})},
		Back: ui.Link{Text: r.T("recommendation.of", "day", august), Href: a.Recommendation(7)}, Action: a.RecommendationAct(7, "answer"),
		About: r.T("recommendation.about." + string(act)), Text: longAdvice, TextLanguage: "vi", Version: 3, Label: r.T(label), Save: r.T("recommendation.act." + string(act))}
}

func recommendationAnswer(r reader) templ.Component {
	v := r.adviceAct(tracker.AnswerRecommendation, "advice.result")
	v.Hint, v.NamesResult, v.Note, v.Changed = r.T("advice.result.hint"), true, "Đã kết nối", true
	v.Candidates = []view.EvidenceChoice{{EvidenceRow: r.decree(), Checked: true}, {EvidenceRow: r.portal()}}
	v.Errors = view.Errors{"note": r.T("note.error.long", "note", 2000), "evidence": r.T("recommendation.error.evidence")}
	return view.AdviceActPage(v)
}

func recommendationDecline(r reader) templ.Component {
	v := r.adviceAct(tracker.DeclineRecommendation, "advice.reason")
	v.Grave, v.Errors = true, view.Errors{"note": r.T("recommendation.error.no_reason"), "": r.T("recommendation.error.state")}
	return view.AdviceActPage(v)
}

func (r reader) tasks() view.TaskList {
	return view.TaskList{Page: r.advicePage(r.T("task.title"), address().Tasks(tracker.TaskFilter{})), Address: address(), TextLanguage: "vi",
		States:      choices(r.T("task.state.open"), r.T("task.overdue"), r.T("task.state.done"), r.T("task.state.dropped"), r.T("task.state.all")),
		Departments: choices(r.T("entry_list.filter.all"), r.Text(r.city.Departments[2].Name))}
}

func taskList(r reader) templ.Component {
	v := r.tasks()
	v.NewHref, v.Problem = v.NewTask(tracker.FromHand, "", 0), r.T("task.error.filter")
	for _, state := range tracker.TaskStates {
		v.Rows = append(v.Rows, r.task(state))
	}
	v.Rows[2].Assignee, v.Rows[2].Indicators = "", nil
	v.OlderHref, v.NewestHref = v.Tasks(tracker.TaskFilter{After: tracker.DayKey{On: february, ID: 5}}), v.Tasks(tracker.TaskFilter{})
	return view.TaskListPage(v)
}

func taskListEmpty(r reader) templ.Component {
	v := r.tasks()
	v.NewHref = v.NewTask(tracker.FromHand, "", 0)
	return view.TaskListPage(v)
}

func taskListNone(r reader) templ.Component {
	v := r.tasks()
	v.Chosen = true
	return view.TaskListPage(v)
}

func taskShow(r reader) templ.Component {
	a, row := address(), r.task(tracker.TaskOpen)
	v := view.TaskShow{Page: r.advicePage(row.Title, row.Href), Address: a, Row: row, DepartmentHref: a.Department("CUL"), Detail: longAdvice, TextLanguage: "vi",
		Assessment: r.Text(r.city.Assessment.Name), Source: "recommendation", SourceLink: ui.Link{Text: tracker.Excerpt(longAdvice), Href: a.Recommendation(7)},
		Acts:  []ui.Link{{Text: r.T("task.act.complete_task"), Href: a.TaskAct(5, "complete")}, {Text: r.T("task.act.change_task"), Href: a.TaskAct(5, "change")}},
		Moves: []view.MoveRow{{Act: "reopen_task", By: "Nguyễn Thị Bình", At: noon, Note: "Thiếu phụ lục"}, {Act: "give_task", By: "Nguyễn Thị Bình", At: noon}}}
	return view.TaskShowPage(v)
}

func taskShowDropped(r reader) templ.Component {
	a, row := address(), r.task(tracker.TaskDropped)
	row.Indicators, row.Assignee = nil, ""
	return view.TaskShowPage(view.TaskShow{Page: r.advicePage(row.Title, row.Href), Address: a, Row: row, DepartmentHref: a.Department("CUL"), TextLanguage: "vi",
		Source: "hand", Moves: r.moves()[2:]})
}

func (r reader) taskForm() view.TaskEdit {
	a := address()
	return view.TaskEdit{Page: r.advicePage(r.T("task.new"), a.NewTask(tracker.FromHand, "", 0)), Address: a, New: true, Action: a.NewTask(tracker.FromHand, "", 0),
		Back: a.Entry("7.2.2"), TextLanguage: "vi", From: r.T("task.source.obstacle") + " 7.2.2",
		Form:        view.TaskForm{Title: tracker.Excerpt(longAdvice), Detail: longAdvice, Department: "CUL", DueOn: "2025-03-31", Source: "obstacle", SourceEntry: "7.2.2"},
		Departments: r.departmentChoices(), Assignees: append([]ui.Option{{Label: r.T("task.assignee.none")}}, r.staffChoices()...), Areas: r.areas(), Errors: view.Errors{}}
}

func taskNew(r reader) templ.Component { return view.TaskEditPage(r.taskForm()) }

func taskChangeConflict(r reader) templ.Component {
	v := r.taskForm()
	v.New, v.Version, v.Changed, v.From, v.Form.DueOn = false, 4, true, "", "cuối tháng"
	v.Errors = view.Errors{"title": r.T("task.error.title_long", "title", 300), "department": r.T("task.error.no_department"),
		"assignee": r.T("task.error.assignee"), "due_on": r.T("on.error.malformed")}
	return view.TaskEditPage(v)
}

func (r reader) department() view.DepartmentShow {
	a := address()
	return view.DepartmentShow{Page: r.advicePage(r.departmentName("CUL"), a.Department("CUL")), Address: a, Code: "CUL", Name: r.departmentName("CUL"),
		TextLanguage: "vi", Assessment: r.Text(r.city.Assessment.Name), TasksHref: a.Tasks(tracker.TaskFilter{Department: "CUL"}),
		EntriesHref: a.List(tracker.Filter{Department: "CUL"})}
}

func departmentShow(r reader) templ.Component {
	v := r.department()
	places := r.framework.Places()
	expected := []string{"Báo cáo tổng kết", "Quyết định thành lập ban chỉ đạo"}
	for n, place := range places[:3] {
		i := place.Indicator
		v.Entries = append(v.Entries, view.ListRow{Cell: view.Cell{Code: i.Code, Title: r.Text(i.Title), Standing: []string{"returned", "in_progress", "achieved"}[n],
			Href: v.Entry(i.Code)}, Assignee: "Trần Văn Cường", DueOn: february, Overdue: n == 0})
	}
	i := places[0].Indicator
	v.Returned = []view.ReturnedRow{{Code: i.Code, Title: r.Text(i.Title), Href: v.Entry(i.Code), Reason: "Thiếu số liệu năm 2024.\nĐề nghị bổ sung phụ lục có xác nhận của cơ quan thống kê.",
		By: "Lê Thị Dung", On: february, TaskHref: v.NewTask(tracker.FromReturn, i.Code, 0)}}
	v.Tasks = []view.TaskRow{r.task(tracker.TaskOpen)}
	v.Missing = []view.MissingRow{{Code: i.Code, Title: r.Text(i.Title), Href: v.Entry(i.Code), Completeness: incomplete(expected)}}
	v.Expiring = []view.EvidenceRow{r.decree()}
	return view.DepartmentShowPage(v)
}

func departmentShowEmpty(r reader) templ.Component {
	v := r.department()
	v.RetiredOn, v.Assessment = february, ""
	return view.DepartmentShowPage(v)
}
