package server

import (
	"errors"
	"net/http"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// listEvidence is the city's library of evidence.
func (s *Server) listEvidence(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	a = view.Address{City: a.City}
	f, status, err := libraryFilter(r)
	if err != nil {
		return err
	}
	found, err := s.Store.Library(r.Context(), actor, a.City, f)
	var invalid *tracker.InvalidError
	if errors.As(err, &invalid) { // a department that the city does not have
		f.Department, status = "", http.StatusUnprocessableEntity
		found, err = s.Store.Library(r.Context(), actor, a.City, f)
	}
	if err != nil {
		return err
	}
	v := view.LibraryList{Page: s.cityPage(w, r, "evidence.title", found.City, a, "evidence"), Address: a, Filter: f,
		CanAdd: actor.MayAnywhere(tracker.EditEvidence, found.City, found.Today)}
	if status != http.StatusOK {
		v.Problem = v.P.T("library.error.filter")
	}
	for _, e := range found.Rows {
		v.Rows = append(v.Rows, evidenceRow(e, found.Today, a, v.P))
	}
	v.Shows, v.Departments = showOptions(f, a, v.P), departmentOptions(found.Departments, f, a, v.P)
	if found.Next != 0 {
		older := f
		older.Before = found.Next
		v.OlderHref = a.Library(older)
	}
	if f.Before != 0 {
		newest := f
		newest.Before = 0
		v.NewestHref = a.Library(newest)
	}
	return render(w, r, status, view.LibraryListPage(v))
}

// libraryFilter reads the filter; what it cannot know is left out and answered
// 422. A place in the list that is none is nowhere.
func libraryFilter(r *http.Request) (f tracker.LibraryFilter, status int, err error) {
	q, status := r.URL.Query(), http.StatusOK
	if before := q.Get("before"); before != "" {
		if f.Before, err = tracker.ParseLibraryKey(before); err != nil {
			return f, status, tracker.ErrNotFound
		}
	}
	f.Query, _ = cleanText(q.Get("q"))
	if runes := []rune(f.Query); len(runes) > view.MaxQuery {
		f.Query = string(runes[:view.MaxQuery])
	}
	f.Department, _ = cleanText(q.Get("department"))
	asked := tracker.LibraryChoice(q.Get("show"))
	if asked.Known() {
		f.Show = asked
	} else if asked != "" {
		status = http.StatusUnprocessableEntity
	}
	return f, status, nil
}

func showOptions(f tracker.LibraryFilter, a view.Address, p *locale.Printer) []view.FilterOption {
	options := []view.FilterOption{libraryOption(p.T("library.show.all"), f, a, func(f *tracker.LibraryFilter) { f.Show = "" })}
	for _, choice := range tracker.LibraryChoices {
		options = append(options, libraryOption(p.T("library.show."+string(choice)), f, a, func(f *tracker.LibraryFilter) { f.Show = choice }))
	}
	return options
}

func departmentOptions(all []tracker.Department, f tracker.LibraryFilter, a view.Address, p *locale.Printer) []view.FilterOption {
	options := []view.FilterOption{libraryOption(p.T("library.show.all"), f, a, func(f *tracker.LibraryFilter) { f.Department = "" })}
	for _, d := range all {
		options = append(options, libraryOption(p.Text(d.Name), f, a, func(f *tracker.LibraryFilter) { f.Department = d.Code }))
	}
	return options
}

func libraryOption(text string, f tracker.LibraryFilter, a view.Address, set func(*tracker.LibraryFilter)) view.FilterOption {
	to := f
	set(&to)
	current := to == f
	to.Before = 0
	return view.FilterOption{Text: text, Href: a.Library(to), Current: current}
}

// listMissing lists, by department, what evidence an assessment still misses.
func (s *Server) listMissing(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	c, err := s.Store.Checklist(r.Context(), actor, a.City, a.Assessment)
	if err != nil {
		return err
	}
	v := view.MissingList{Page: s.cityPage(w, r, "missing.title", c.City, a, "evidence"), Address: a, Assessment: s.printer(r).Text(c.Assessment.Name), Count: len(c.Items)}
	for _, item := range c.Items {
		name := v.P.Text(item.Department.Name)
		if n := len(v.Parts); n == 0 || v.Parts[n-1].Code != item.Department.Code {
			v.Parts = append(v.Parts, view.MissingPart{Code: item.Department.Code, Name: name})
		}
		part := &v.Parts[len(v.Parts)-1]
		part.Rows = append(part.Rows, missingRow(item, a, v.P))
	}
	return render(w, r, http.StatusOK, view.MissingListPage(v))
}

func missingRow(item tracker.ChecklistItem, a view.Address, p *locale.Printer) view.MissingRow {
	i := item.Place.Indicator
	row := view.MissingRow{Code: i.Code, Title: p.Text(i.Title), Href: a.Entry(i.Code), Completeness: completeness(item.Completeness, i, p)}
	return row
}

// completeness says how far an entry's evidence is what is expected of it.
func completeness(c tracker.Completeness, i *tracker.Indicator, p *locale.Printer) view.Completeness {
	v := view.Completeness{Complete: c.Complete(), Expected: c.Expected, Answered: c.Expected - len(c.Missing), Expired: c.Expired, Covered: c.Covered}
	for _, n := range c.Missing {
		v.Missing = append(v.Missing, p.Text(i.Evidence[n-1]))
	}
	return v
}
