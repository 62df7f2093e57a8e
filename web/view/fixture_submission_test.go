package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// submission is the page as the coordinator sees it, with nothing in the way.
func (r reader) submission() view.SubmissionShow {
	a := address()
	return view.SubmissionShow{Page: r.managePage("submission.title", a.Submission(1)), Address: a, Number: 1, Version: 214,
		Name: r.Text(r.city.Assessment.Name), DueOn: r.city.Assessment.SubmissionDueOn, Score: "53/57", CanManage: true, TextLanguage: "vi",
		Errors: view.Errors{}}
}

func submissionFree(r reader) templ.Component { return view.SubmissionShowPage(r.submission()) }

// submissionOthers is the same for a leader, after something changed.
func submissionOthers(r reader) templ.Component {
	v := r.submission()
	v.CanManage, v.Changed = false, true
	return view.SubmissionShowPage(v)
}

// blocked has one row or two of every kind, with names as long as they get.
func (r reader) blocked() view.SubmissionShow {
	v := r.submission()
	places := r.framework.Places()
	for n, kind := range tracker.BlockerKinds() {
		part := view.BlockerPart{Kind: string(kind)}
		for i := range 1 + n%2 {
			indicator := places[5*n+i].Indicator
			row := view.BlockerRow{Code: indicator.Code, Title: r.Text(indicator.Title), Href: v.Entry(indicator.Code)}
			if i == 0 {
				row.Department = r.t("Trung tâm Giáo dục nghề nghiệp – Giáo dục thường xuyên và Hỗ trợ phát triển giáo dục hòa nhập thành phố",
					"Centre for vocational and continuing education and support of inclusive education of the city")
			}
			switch kind {
			case tracker.BlockedRecommendation:
				row = view.BlockerRow{Title: r.t("Xây dựng thư viện số dùng chung cho thành phố", "Build a digital library for the whole city"), Href: v.Recommendation(1)}
			case tracker.BlockedThread:
				row.Href = view.ThreadsAt{Address: v.Address, Code: indicator.Code}.Thread(int64(i + 1))
			case tracker.BlockedMissing:
				row.Document = r.Text(indicator.Evidence[0])
			case tracker.BlockedExpired:
				row.Expired = february
				if row.Hidden = i == 1; !row.Hidden {
					row.Evidence = ui.Link{Text: "Kế hoạch số 1234/KH-UBND về xây dựng xã hội học tập, đẩy mạnh học tập suốt đời trên địa bàn thành phố giai đoạn 2021–2024",
						Href: v.Evidence(7)}
				}
			}
			part.Rows = append(part.Rows, row)
			v.Count++
		}
		v.Parts = append(v.Parts, part)
	}
	return v
}

func submissionBlocked(r reader) templ.Component {
	v := r.blocked()
	v.CarriedFrom = r.earlier()
	v.LeftOut = []ui.Link{{Text: "9.9.9 " + r.t("Chỉ số không còn trong bộ chỉ số mới", "An indicator that the new framework has not"), Href: v.Entry("9.9.9")}}
	v.Moves = []view.AssessmentMoveRow{{On: today, Act: "reopen_assessment", By: "Nguyễn Thị Hoa", Note: "Ban Chỉ đạo yêu cầu bổ sung số liệu.\nXem công văn kèm theo."},
		{On: february, Act: "submit_assessment", By: "Nguyễn Thị Hoa"}}
	return view.SubmissionShowPage(v)
}

func submissionRefused(r reader) templ.Component {
	v := r.blocked()
	v.Parts = v.Parts[:1]
	v.Count = len(v.Parts[0].Rows)
	v.Errors = view.Errors{"": r.T("submission.error.blocked")}
	return view.SubmissionShowPage(v)
}

func submissionClosed(r reader) templ.Component {
	v := r.submission()
	v.Closed, v.CanReopen = view.Closed{On: february, Submitted: true}, true
	v.Moves = []view.AssessmentMoveRow{{On: february, Act: "submit_assessment", By: "Nguyễn Thị Hoa"}}
	return view.SubmissionShowPage(v)
}
