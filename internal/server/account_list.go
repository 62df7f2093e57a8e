package server

import (
	"context"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// accountListSize is how many accounts stand on the page; a search finds others.
const accountListSize = 100

// accountListRoutes mounts the page of all accounts.
func (s *Server) accountListRoutes(r chi.Router) {
	r.Get(view.AccountsPath, s.inInstallation(s.listAccounts))
	for _, act := range []string{"disable", "enable"} {
		r.Get("/accounts/{account}/"+act, s.inInstallation(leadToAccounts))
	}
	r.Post("/accounts/{account}/disable", s.inInstallation(s.disableAccount))
	r.Post("/accounts/{account}/enable", s.inInstallation(s.enableAccount))
}

func leadToAccounts(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	return redirect(w, r, view.AccountsPath, "")
}

// listAccounts lists the accounts that the search finds.
func (s *Server) listAccounts(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		return errBadRequest
	}
	page, err := s.accountListPage(w, r, actor, shorten(r.URL.Query().Get("q")))
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.AccountListPage(page))
}

func (s *Server) accountListPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, query string) (view.AccountList, error) {
	all, err := s.Store.Accounts(r.Context(), actor)
	if err != nil {
		return view.AccountList{}, err
	}
	page := view.AccountList{Page: s.page(w, r, "accounts.title"), Query: query}
	for _, one := range all {
		if !one.Matches(query) {
			continue
		}
		if page.Found++; page.Found <= accountListSize {
			page.Rows = append(page.Rows, accountRow(one, actor, page.P))
		}
	}
	return page, nil
}

func accountRow(one tracker.Account, actor tracker.Actor, p *locale.Printer) view.AccountRow {
	row := view.AccountRow{ID: one.ID, Name: one.Name, Email: one.Email, LockedOn: one.LockedOn, Self: one.ID == actor.AccountID}
	for _, post := range one.Posts {
		text := p.T("role." + string(post.Role))
		if place := p.Text(post.Place); place != "" {
			text += " · " + place
		}
		row.Posts = append(row.Posts, text)
	}
	return row
}

func (s *Server) disableAccount(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.actOnAccount(w, r, actor, s.Store.DisableAccount, "notice.account_disabled")
}

func (s *Server) enableAccount(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.actOnAccount(w, r, actor, s.Store.EnableAccount, "notice.account_enabled")
}

func (s *Server) actOnAccount(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	act func(context.Context, tracker.Actor, int64) error, notice string) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	query := shorten(f.text("q"))
	if err = act(r.Context(), actor, number(chi.URLParam(r, "account"))); err == nil {
		return redirect(w, r, view.AccountsFor(query), notice)
	}
	page, pageErr := s.accountListPage(w, r, actor, query)
	if pageErr != nil {
		return pageErr
	}
	messages, invalid := messagesOf(err, page.P)
	if !invalid {
		return err
	}
	page.Path = view.AccountsFor(query)
	page.Notice = &ui.Note{Kind: ui.Warning, Text: messages[""]}
	return render(w, r, http.StatusUnprocessableEntity, view.AccountListPage(page))
}
