package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// inviteOverseer makes an invitation to a region and shows its link.
func (s *Server) inviteOverseer(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	email, language := f.text("invitee"), f.text("person_language")
	token, hash := newToken()
	made := tracker.Invitation{Email: tracker.CanonicalEmail(email), Language: language}
	if err = f.refused(); err == nil && !infoOf(r).resumed {
		made, err = s.Store.InviteOverseer(r.Context(), actor, regionID(r), made, hash)
	}
	if err == nil && !infoOf(r).resumed {
		return s.showOverseerLink(w, r, made, token)
	}
	page, pageErr := s.regionPage(w, r, actor)
	if pageErr != nil {
		return pageErr
	}
	page.Email, page.Language = email, language
	status, err := again(&page.Page, &page.InviteErrors, err)
	if err != nil {
		return err
	}
	return render(w, r, status, view.RegionEditPage(page))
}

func (s *Server) showOverseerLink(w http.ResponseWriter, r *http.Request, i tracker.Invitation, token string) error {
	page := s.page(w, r, "link_show.invitation.title")
	back := ui.Link{Text: page.P.T("region_edit.back"), Href: view.RegionPath(regionID(r))}
	return s.showMadeLink(w, r, view.LinkShow{Page: page, Back: back, Kind: "invitation", Email: i.Email,
		Link: s.absolute(r, invitationPath(token, i.Language, s.Language)), Until: page.P.Time(i.ExpiresAt.In(s.TimeZone)), Mailed: s.Store.Mails()})
}

func (s *Server) renewOverseerInvitation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	token, hash := newToken()
	i, err := s.Store.RenewOverseerInvitation(r.Context(), actor, regionID(r), number(chi.URLParam(r, "invitation")), hash)
	if err != nil {
		return s.regionActRefused(w, r, actor, err)
	}
	return s.showOverseerLink(w, r, i, token)
}

func (s *Server) withdrawOverseerInvitation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	err := s.Store.WithdrawOverseerInvitation(r.Context(), actor, regionID(r), number(chi.URLParam(r, "invitation")))
	if err != nil {
		return s.regionActRefused(w, r, actor, err)
	}
	return redirect(w, r, view.RegionPath(regionID(r)), "notice.invitation_withdrawn")
}

func (s *Server) endOverseer(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.actOnOverseer(w, r, actor, s.Store.EndOverseer, "notice.overseer_ended")
}

func (s *Server) restoreOverseer(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.actOnOverseer(w, r, actor, s.Store.RestoreOverseer, "notice.overseer_restored")
}

func (s *Server) actOnOverseer(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	act func(context.Context, tracker.Actor, postgres.OverseerRef) error, notice string) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	ref := postgres.OverseerRef{Region: regionID(r), ID: number(chi.URLParam(r, "person")), Version: f.version()}
	if err := act(r.Context(), actor, ref); err != nil {
		return s.regionActRefused(w, r, actor, err)
	}
	return redirect(w, r, view.RegionPath(ref.Region), notice)
}

// regionActRefused shows the region's page as it is now, with the reason.
func (s *Server) regionActRefused(w http.ResponseWriter, r *http.Request, actor tracker.Actor, cause error) error {
	page, err := s.regionPage(w, r, actor)
	if err != nil {
		return err
	}
	page.Path = view.RegionPath(page.ID)
	if errors.Is(cause, tracker.ErrConflict) || errors.Is(cause, tracker.ErrNotFound) {
		return s.regionConflict(w, r, page)
	}
	messages, invalid := messagesOf(cause, page.P)
	if !invalid {
		return cause
	}
	page.Notice = &ui.Note{Kind: ui.Warning, Text: messages[""]}
	return render(w, r, http.StatusUnprocessableEntity, view.RegionEditPage(page))
}
