package server

import (
	"net/http"

	"learningcity/internal/locale"
	"learningcity/web/view/ui"
)

const noticeCookie = "notice"

// notices are the message keys that a redirect may carry. The cookie names one
// of them, so nothing that a stranger writes can be shown.
var notices = map[string]bool{
	"notice.claim_saved": true, "notice.claim_saved_and_submitted": true, "notice.submitted": true,
	"notice.withdrawn": true, "notice.reopened": true, "notice.accepted": true, "notice.returned": true, "notice.accepted_ticked": true, "notice.narrative_saved": true, "notice.measurement_saved": true,
	"notice.signed_out": true, "notice.set_up": true, "notice.city_created": true, "notice.joined": true,
	"notice.assigned": true, "notice.handed_over": true, "notice.assessment_opened": true, "notice.assessment_closed": true,
	"notice.assessment_submitted": true, "notice.assessment_reopened": true, "notice.assessment_carried": true,
	"notice.department_created": true, "notice.department_renamed": true, "notice.department_retired": true,
	"notice.person_changed": true, "notice.person_disabled": true, "notice.person_enabled": true,
	"notice.invitation_withdrawn": true, "notice.profile_saved": true, "notice.mails_chosen": true, "notice.password_changed": true,
	"notice.sessions_ended": true, "notice.city_renamed": true, "notice.city_moved": true, "notice.city_archived": true,
	"notice.city_restored": true, "notice.city_handed_over": true, "notice.region_created": true, "notice.region_changed": true,
	"notice.overseer_ended": true, "notice.overseer_restored": true, "notice.account_disabled": true, "notice.account_enabled": true,
	"notice.few_recovery_codes": true, "notice.second_step_disabled": true,
	"notice.second_step_reset": true, "notice.second_step_required": true, "notice.second_step_optional": true,
	"notice.password_link_asked": true,
	"notice.evidence_added":      true, "notice.evidence_attached": true, "notice.passport_changed": true,
	"notice.thread_opened": true, "notice.direction_given": true, "notice.comment_added": true, "notice.direction_answered": true,
	"notice.comment_edited": true, "notice.comment_deleted": true, "notice.thread_resolved": true, "notice.thread_reopened": true,
	"notice.version_added": true, "notice.evidence_withdrawn": true, "notice.evidence_linked": true, "notice.evidence_unlinked": true,
	"notice.recommendation_given": true, "notice.recommendation_moved": true, "notice.task_given": true, "notice.task_changed": true,
	"notice.task_moved": true,
}

// redirect sends the browser to a page of ours with the notice of what was done.
func redirect(w http.ResponseWriter, r *http.Request, path, notice string) error {
	if notice != "" {
		http.SetCookie(w, &http.Cookie{
			Name: noticeCookie, Value: notice, Path: "/", MaxAge: 60,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: infoOf(r).secure,
		})
	}
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// takeNotice shows the notice once.
func takeNotice(w http.ResponseWriter, r *http.Request, p *locale.Printer) *ui.Note {
	cookie, err := r.Cookie(noticeCookie)
	if err != nil || !notices[cookie.Value] {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1})
	return &ui.Note{Kind: ui.Success, Text: p.T(cookie.Value)}
}
