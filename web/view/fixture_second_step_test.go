package view_test

import (
	"learningcity/web/view"

	"github.com/a-h/templ"
)

func secondStepNew(r reader) templ.Component {
	return view.SecondStepNewPage(view.SecondStepNew{Page: r.productionPage("second_step.title", view.SecondStepPath), Next: "/cities/ha-long"})
}

func secondStepRefused(r reader) templ.Component {
	return view.SecondStepNewPage(view.SecondStepNew{
		Page: r.productionPage("second_step.title", view.SecondStepPath), Errors: view.Errors{"recovery_code": r.T("second_step.error.wrong_recovery")},
		ResumeAction: address().Act(openCode, "claim"),
		Resume:       []view.FormField{{Name: "version", Value: "4"}, {Name: "note", Value: "Hai dòng\ncủa ghi chú"}},
	})
}

func (r reader) secondStep() view.SecondStepEdit {
	page := r.productionPage("second_step_edit.title", view.AccountSecondStepPath)
	page.Person = &view.Person{Name: "Trần Văn Cường"}
	return view.SecondStepEdit{Page: page, Email: "cuong.tv@halong.gov.vn"}
}

func secondStepEdit(r reader) templ.Component {
	v := r.secondStep()
	v.Waiting, v.Errors = []string{"Hạ Long"}, view.Errors{"code": r.T("second_step.error.clock")}
	v.Offer = view.SecondStepOffer{Sealed: "c2VhbGVk", Secret: "7BIO U5VS XQVQ 4VZO ZVMT G3KA ZV66 YW3M", Size: 3, Path: "M0 0h1v1h-1zM2 1h1v1h-1z"}
	return view.SecondStepEditPage(v)
}

func secondStepOn(r reader) templ.Component {
	v := r.secondStep()
	v.Has, v.CodesLeft, v.Few = true, 2, true
	v.Errors = view.Errors{"off_code": r.T("second_step.error.used")}
	return view.SecondStepEditPage(v)
}

func secondStepRequired(r reader) templ.Component {
	v := r.secondStep()
	v.Has, v.CodesLeft, v.Required = true, 9, true
	return view.SecondStepEditPage(v)
}

func recoveryCodes(r reader) templ.Component {
	v := r.secondStep()
	v.Title = r.T("recovery_codes.title")
	return view.RecoveryCodesPage(view.RecoveryCodes{Page: v.Page, Codes: []string{"7BIO-U5VS-XQVQ-4VZO", "ZVMT-G3KA-ZV66-YW3M"}})
}

func errorSecondStep(r reader) templ.Component {
	return view.ErrorShowPage(view.ErrorShow{
		Page: r.page(r.T("error.second_step.title"), address().Overview()), Kind: "second_step", Home: view.HomePath,
		SetUp: view.AccountSecondStepPath, Kept: []string{"Ghi chú viết dở."},
	})
}
