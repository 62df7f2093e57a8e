package view_test

import (
	"testing"

	"learningcity/internal/catalogue"
	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	words "learningcity/web/locale"

	"github.com/a-h/templ"
)

// reader reads the fixtures' pages: a printer, and the demonstration city.
type reader struct {
	*locale.Printer
	framework tracker.Framework
	city      catalogue.Demonstration
}

// t gives one of two texts.
func (r reader) t(vi, en string) string { return r.Text(tracker.Text{VI: vi, EN: en}) }

// readers are the readers of both languages.
func readers(t *testing.T) []reader {
	t.Helper()
	bundle, err := locale.Load(words.Files)
	if err != nil {
		t.Fatal(err)
	}
	framework, err := catalogue.Framework()
	if err != nil {
		t.Fatal(err)
	}
	city, err := catalogue.HaLong()
	if err != nil {
		t.Fatal(err)
	}
	var all []reader
	for _, language := range locale.Languages() {
		all = append(all, reader{bundle.Printer(language), framework, city})
	}
	return all
}

// fixture is one page as one reader sees it.
type fixture struct {
	name string
	page func(reader) templ.Component
}

var fixtures = []fixture{
	{"overview_show", overviewNow},
	{"overview_show_past", overviewPast},
	{"overview_show_start", overviewStart},
	{"overview_show_empty", overviewEmpty},
	{"entry_list", listAll},
	{"entry_list_filtered", listFiltered},
	{"entry_list_empty", listEmpty},
	{"entry_list_mine", listMine},
	{"entry_list_nothing_mine", listNothingMine},
	{"entry_show", entryForStaff},
	{"entry_show_refused", entryRefused},
	{"entry_show_awaiting", entryAwaiting},
	{"entry_show_past", entryPast},
	{"entry_show_to_confirm", entryToConfirm},
	{"entry_show_closed", entryClosed},
	{"entry_show_read_only", entryReadOnly},
	{"entry_show_changed", entryChanged},
	{"decision_show", decisionShow},
	{"decision_show_unchanged", decisionUnchanged},
	{"review_list", reviewList},
	{"review_list_refused", reviewListRefused},
	{"review_list_empty", reviewListEmpty},
	{"review_list_none", reviewListNone},
	{"review_list_unreviewed", reviewListUnreviewed},
	{"review_cities", reviewCities},
	{"review_show", reviewShow},
	{"review_show_conflict", reviewConflict},
	{"review_show_decided", reviewDecided},
	{"review_show_own", reviewOwn},
	{"review_show_over", reviewOver},
	{"entry_conflict_claim", conflictClaim},
	{"entry_conflict_narrative", conflictNarrative},
	{"narrative_edit", narrativeEdit},
	{"narrative_edit_refused", narrativeRefused},
	{"measurement_edit", measurementEdit},
	{"measurement_edit_refused", measurementRefused},
	{"session_new", sessionNew},
	{"session_new_resume", sessionResume},
	{"session_new_files", sessionFiles},
	{"session_new_wait", sessionWait},
	{"session_new_mails", sessionMails},
	{"password_ask", passwordAsk},
	{"password_ask_refused", passwordAskRefused},
	{"password_ask_without_mail", passwordAskWithoutMail},
	{"library_list", libraryList},
	{"library_list_empty", libraryEmpty},
	{"library_list_none", libraryNone},
	{"missing_list", missingList},
	{"missing_list_empty", missingEmpty},
	{"evidence_show", evidenceShow},
	{"evidence_show_link_withdrawn", evidenceWithdrawn},
	{"evidence_new", evidenceNew},
	{"evidence_new_refused", evidenceNewRefused},
	{"evidence_withdraw_refused", evidenceWithdraw},
	{"evidence_link", evidenceLink},
	{"evidence_link_unlinked", linkUnlinked},
	{"passport_edit_conflict", passportConflict},
	{"version_new_refused", versionNew},
	{"thread_list", threadList},
	{"thread_list_empty", threadListEmpty},
	{"thread_show", threadShow},
	{"thread_show_refused", threadRefused},
	{"thread_show_answered", threadAnswered},
	{"thread_show_settled", threadSettled},
	{"thread_new", threadNew},
	{"direction_new_refused", directionNew},
	{"direction_new_nobody", directionNobody},
	{"comment_edit_conflict", commentEdit},
	{"comment_delete", commentDelete},
	{"direction_list", directionList},
	{"direction_list_empty", directionListEmpty},
	{"recommendation_list", recommendationList},
	{"recommendation_list_empty", recommendationEmpty},
	{"recommendation_list_none", recommendationNone},
	{"recommendation_show", recommendationShow},
	{"recommendation_show_given", recommendationBare},
	{"recommendation_new_refused", recommendationNew},
	{"recommendation_answer", recommendationAnswer},
	{"recommendation_decline_refused", recommendationDecline},
	{"task_list", taskList},
	{"task_list_empty", taskListEmpty},
	{"task_list_none", taskListNone},
	{"task_show", taskShow},
	{"task_show_dropped", taskShowDropped},
	{"task_new", taskNew},
	{"task_change_conflict", taskChangeConflict},
	{"department_show", departmentShow},
	{"department_show_empty", departmentShowEmpty},
	{"inbox", inbox},
	{"inbox_older", inboxOlder},
	{"inbox_empty", inboxEmpty},
	{"inbox_of_city", inboxOfCity},
	{"inbox_gone", inboxGone},
	{"setup_new", setupNew},
	{"setup_new_refused", setupRefused},
	{"city_list", cityList},
	{"city_list_empty", cityListEmpty},
	{"city_list_first", cityListFirst},
	{"city_list_manage", cityListManage},
	{"city_new", cityNew},
	{"city_new_refused", cityRefused},
	{"assignment_edit", assignmentEdit},
	{"assignment_edit_conflict", assignmentConflict},
	{"assignment_edit_refused", assignmentRefused},
	{"assignment_edit_closed", assignmentClosed},
	{"assignment_edit_empty", assignmentEmpty},
	{"assessment_list", assessmentList},
	{"assessment_list_empty", assessmentListEmpty},
	{"assessment_new", assessmentNew},
	{"assessment_new_refused", assessmentRefused},
	{"assessment_close", assessmentClose},
	{"assessment_reopen", assessmentReopen},
	{"submission_show", submissionBlocked},
	{"submission_show_free", submissionFree},
	{"submission_show_refused", submissionRefused},
	{"submission_show_closed", submissionClosed},
	{"submission_show_others", submissionOthers},
	{"department_list", departmentList},
	{"department_list_empty", departmentListEmpty},
	{"department_new_refused", departmentNewRefused},
	{"department_rename_conflict", departmentRenameConflict},
	{"department_retire", departmentRetire},
	{"department_retire_refused", departmentRetireRefused},
	{"framework_list", frameworkList},
	{"people_list", peopleList},
	{"people_list_first", peopleListFirst},
	{"person_invite", personInvite},
	{"person_invite_refused", personInviteRefused},
	{"person_invite_first", personInviteFirst},
	{"link_show_invitation", linkShowInvitation},
	{"link_show_password", linkShowPassword},
	{"link_show_mailed", linkShowMailed},
	{"person_edit", personEdit},
	{"person_edit_disabled", personEditDisabled},
	{"person_edit_conflict", personEditConflict},
	{"person_edit_in_charge", personEditInCharge},
	{"invitation_show", invitationShow("new")},
	{"invitation_show_sign_in", invitationShow("sign_in")},
	{"invitation_show_accept", invitationShow("accept")},
	{"invitation_show_other", invitationShow("other")},
	{"invitation_show_overseer", invitationShow("overseer")},
	{"password_reset", passwordReset},
	{"account_edit", accountEdit},
	{"account_edit_refused", accountEditRefused},
	{"account_edit_mails", accountEditMails},
	{"stop_mails", stopMails},
	{"stop_mails_done", stopMailsDone},
	{"stop_mails_unknown", stopMailsUnknown},
	{"second_step_new", secondStepNew},
	{"second_step_new_refused", secondStepRefused},
	{"second_step_edit", secondStepEdit},
	{"second_step_edit_on", secondStepOn},
	{"second_step_edit_required", secondStepRequired},
	{"recovery_codes", recoveryCodes},
	{"error_show_second_step", errorSecondStep},
	{"error_show_link", errorPage("link")},
	{"error_show_ended", errorEnded},
	{"error_show_archived", errorArchived},
	{"city_list_archived", cityListArchived},
	{"city_edit", cityEdit},
	{"city_edit_refused", cityEditRefused},
	{"city_edit_archived", cityEditArchived},
	{"handover", handoverBegin},
	{"handover_refused", handoverRefused},
	{"handover_none", handoverNone},
	{"handover_split", handoverSplit},
	{"region_list", regionList},
	{"region_list_refused", regionListRefused},
	{"region_edit", regionEdit},
	{"region_edit_refused", regionEditRefused},
	{"account_list", accountList},
	{"audit_list", auditCity},
	{"audit_list_filtered", auditFiltered},
	{"audit_list_installation", auditInstallation},
	{"audit_list_own", auditOwn},
	{"audit_list_empty", auditEmpty},
	{"error_show_not_found", errorPage("not_found")},
	{"error_show_unavailable", errorPage("unavailable")},
}

var (
	august   = tracker.NewDate(2024, 8, 13)
	february = tracker.NewDate(2025, 2, 28)
	november = tracker.NewDate(2024, 11, 28)
	today    = tracker.NewDate(2025, 3, 10)
)

func (r reader) page(title, path string) view.Page {
	return view.Page{
		P: r.Printer, Title: title, Path: path, RequestID: "01J9ZQ4T7B3M",
		Demonstration: r.Text(r.city.Provenance.Note),
	}
}

// cityPage is a page of Ha Long, seen by somebody of the department CUL.
func (r reader) cityPage(title, path, section string, a view.Address) view.Page {
	page := r.page(title, path)
	page.Person = &view.Person{
		Name: r.t("Cán bộ Cơ quan phụ trách văn hóa", "Officer of the culture authority"),
		Role: r.T("role.staff"), ManyCities: true,
	}
	page.City = &view.City{
		Name: r.Text(r.city.City.Name), Address: a, Section: section, DataTo: r.Date(february), CanRead: true, CanReadThreads: true,
	}
	return page
}

func address() view.Address { return view.Address{City: "ha-long"} }

func addressOn(day tracker.Date) view.Address { return view.Address{City: "ha-long", On: day} }

// standings of the indicators that the demonstration does not tell apart.
var standings = map[string]string{
	"9.3.1": "awaiting", "12.1.2": "returned", "8.3.1": "changed", "11.1.1": "changed",
}

func (r reader) standing(code string, on tracker.Date) string {
	claim := tracker.ClaimNotStarted
	for _, change := range r.city.StatusHistory {
		if change.Indicator == code && change.EffectiveOn <= on {
			claim = change.Claim
		}
	}
	if special := standings[code]; special != "" && on >= february {
		return special
	}
	return string(claim)
}

func (r reader) cell(i *tracker.Indicator, a view.Address, on tracker.Date) view.Cell {
	return view.Cell{Code: i.Code, Title: r.Text(i.Title), Standing: r.standing(i.Code, on), Href: a.Entry(i.Code)}
}

// assigned is who leads an indicator's entry, and by when.
func (r reader) assigned(code string) (department string, dueOn tracker.Date) {
	for _, a := range r.city.Assignments {
		if a.Indicator == code {
			return r.departmentName(a.Department), a.DueOn
		}
	}
	return "", 0
}

func (r reader) departmentName(code string) string {
	for _, d := range r.city.Departments {
		if d.Code == code {
			return r.Text(d.Name)
		}
	}
	return ""
}

func achieved(standing string) bool { return standing == "achieved" || standing == "changed" }

func saved(r reader, key string) *ui.Note { return &ui.Note{Kind: "success", Text: r.T(key)} }
