package server

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// listReviews is the reviewers' desk: what waits for a verdict.
func (s *Server) listReviews(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	d, err := s.desk(w, r, actor)
	if err != nil {
		return err
	}
	return d.show(w, r, http.StatusOK)
}

// desk reads the queue and makes its page.
func (s *Server) desk(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (*desk, error) {
	a, err := address(r)
	if err != nil {
		return nil, err
	}
	queue, err := s.Store.Reviews(r.Context(), actor, a.City, a.Assessment)
	if err != nil {
		return nil, err
	}
	base := s.cityPage(w, r, "review_list.title", queue.City, a, "reviews")
	d := &desk{actor: actor, queue: queue, page: view.ReviewList{Page: base, Address: a}, p: base.P}
	d.fill(r)
	return d, nil
}

// A desk makes the page of the queue.
type desk struct {
	actor tracker.Actor
	queue *tracker.Reviews
	page  view.ReviewList
	p     *locale.Printer
}

func (d *desk) show(w http.ResponseWriter, r *http.Request, status int) error {
	if len(d.page.Problems) > 0 && status == http.StatusOK {
		status = http.StatusUnprocessableEntity
	}
	return render(w, r, status, view.ReviewListPage(d.page))
}

func (d *desk) fill(r *http.Request) {
	v, q := &d.page, d.queue
	v.NeedsReview = q.Assessment.ID == 0 || q.Assessment.NeedsReview
	v.Total = len(q.Waiting)
	if v.Total > 0 {
		v.Longest = q.Waiting[0].Days(q.Today)
	}
	if d.actor.ReviewsSeveral() {
		v.Others = view.ReviewsPath
	}
	d.readFilter(r)
	v.Assessments = assessmentChoices(q.Assessments, q.Assessment, v.Address,
		func(a view.Address) string { return a.Reviews(tracker.ReviewFilter{}) }, d.p)
	chosen := q.Chosen(v.Filter)
	for _, one := range chosen {
		row := d.row(one)
		v.CanDecide = v.CanDecide || row.CanDecide
		v.Rows = append(v.Rows, row)
	}
	if len(chosen) > 0 && d.actor.May(tracker.Accept, q.City, 0, q.Today) {
		v.Begin = v.Review(chosen[0].Place.Indicator.Code, v.Filter)
	}
}

func (d *desk) row(w tracker.Waiting) view.ReviewRow {
	i := w.Place.Indicator
	return view.ReviewRow{
		Cell: view.Cell{Code: i.Code, Title: d.p.Text(i.Title), Standing: string(w.Entry.State.Standing(true)),
			Href: d.page.Review(i.Code, d.page.Filter)},
		Version: w.Entry.Version, Department: d.p.Text(w.Department.Name), SubmittedBy: w.SubmittedBy,
		Since: w.Since, Days: w.Days(d.queue.Today),
		Own:       w.Entry.OwnOf(d.actor.AccountID) != "",
		CanDecide: canDecide(d.actor, d.queue, w.Entry),
	}
}

// canDecide asks the rule whether the actor could accept the entry now.
func canDecide(actor tracker.Actor, q *tracker.Reviews, e tracker.Entry) bool {
	act := tracker.Act{Actor: actor, City: q.City, Assessment: q.Assessment, Today: q.Today}
	_, err := act.Accept(e, "")
	return err == nil
}

// reviewFilter reads the part of the queue that an address chooses.
func reviewFilter(r *http.Request) tracker.ReviewFilter {
	f := view.ReviewFilterIn(r.URL.Query())
	f.Department, _ = cleanText(f.Department)
	f.Area, _ = cleanText(f.Area)
	return f
}

// reviewChoice is one filter of the desk: its name in addresses, what the queue
// holds of it, and where it stands in the filter.
type reviewChoice struct {
	key    string
	values []value
	field  func(*tracker.ReviewFilter) *string
}

// choices are the parts of the desk that something waits in, and those asked for:
// what waited there last may just have been decided.
func (d *desk) choices(asked tracker.ReviewFilter) []reviewChoice {
	return []reviewChoice{
		by("department", d.departments(asked.Department), func(f *tracker.ReviewFilter) *string { return &f.Department }),
		by("area", d.areas(asked.Area), func(f *tracker.ReviewFilter) *string { return &f.Area }),
	}
}

func (d *desk) departments(asked string) []value {
	var all []value
	for _, w := range d.queue.Waiting {
		all = withValue(all, d.department(w.Department))
	}
	for _, one := range append(d.queue.Departments, tracker.Department{}) {
		if one := d.department(one); one.code == asked {
			all = withValue(all, one)
		}
	}
	slices.SortFunc(all, func(a, b value) int { return cmp.Compare(a.code, b.code) })
	return all
}

func (d *desk) areas(asked string) []value {
	var all []value
	for _, w := range d.queue.Waiting {
		all = withValue(all, d.area(w.Place.Area))
	}
	for _, one := range d.queue.Areas() {
		if one := d.area(one); one.code == asked {
			all = withValue(all, one)
		}
	}
	slices.SortFunc(all, func(a, b value) int { return tracker.CompareCodes(a.code, b.code) })
	return all
}

func (d *desk) department(one tracker.Department) value {
	if one.Code == "" {
		return value{tracker.NoDepartment, d.p.T("entry.no_department")}
	}
	return value{one.Code, d.p.Text(one.Name)}
}

func (d *desk) area(one *tracker.Area) value {
	return value{one.Code, one.Code + ". " + d.p.Text(one.Title)}
}

func withValue(values []value, one value) []value {
	if slices.Contains(values, one) {
		return values
	}
	return append(values, one)
}

func by(key string, values []value, field func(*tracker.ReviewFilter) *string) reviewChoice {
	return reviewChoice{key, values, field}
}

// readFilter offers what the queue holds. A value that the city does not know does
// not restrict; a sentence says so.
func (d *desk) readFilter(r *http.Request) {
	asked, v := reviewFilter(r), &d.page
	choices := d.choices(asked)
	for _, c := range choices {
		one := *c.field(&asked)
		if one == "" || knownValue(c.values, one) {
			*c.field(&v.Filter) = one
			continue
		}
		v.Problems = append(v.Problems, d.p.T("entry_list.error.filter", "filter", d.p.T("entry_list.filter."+c.key), "value", shorten(one)))
	}
	for _, c := range choices {
		v.Choices = append(v.Choices, d.links(c))
	}
}

func (d *desk) links(c reviewChoice) view.FilterChoices {
	links := view.FilterChoices{Key: c.key, Name: d.p.T("entry_list.filter." + c.key)}
	for _, one := range append([]value{{"", d.p.T("entry_list.filter.all")}}, c.values...) {
		f := d.page.Filter
		*c.field(&f) = one.code
		links.Options = append(links.Options, view.FilterOption{Value: one.code, Text: one.text, Href: d.page.Reviews(f),
			Current: one.code == *c.field(&d.page.Filter)})
	}
	return links
}

// maxTicked is more than an assessment has indicators.
const maxTicked = 200

// acceptTicked accepts the entries that were ticked, each in a transaction of its
// own: one that is refused does not keep the others back.
func (s *Server) acceptTicked(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	ticked := f.r.PostForm["entry"]
	if len(ticked) > maxTicked {
		return fmt.Errorf("%w: %d entries ticked", errBadRequest, len(ticked))
	}
	if infoOf(r).resumed || len(ticked) == 0 {
		return s.showTickedAgain(w, r, actor, ticked)
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	var accepted []string
	refused := map[string]error{}
	for _, ref := range tickedEntries(a, ticked) {
		switch err := s.Store.Accept(r.Context(), actor, ref, ""); {
		case err == nil:
			accepted = append(accepted, ref.Indicator)
		case isRefusal(err):
			refused[ref.Indicator] = err
		default:
			return err
		}
	}
	if len(refused) == 0 {
		return redirect(w, r, a.Reviews(reviewFilter(r)), "notice.accepted_ticked")
	}
	return s.showRefused(w, r, actor, ticked, accepted, refused)
}

// tickedEntries reads "code version" of each box, once for each code; what is no
// such thing names an entry at a version that no entry has.
func tickedEntries(a view.Address, ticked []string) []postgres.EntryRef {
	var refs []postgres.EntryRef
	for _, box := range ticked {
		box, _ = cleanText(box)
		code, version, _ := strings.Cut(box, " ")
		if slices.ContainsFunc(refs, func(ref postgres.EntryRef) bool { return ref.Indicator == code }) {
			continue
		}
		n, err := strconv.ParseInt(version, 10, 32)
		if err != nil {
			n = -1
		}
		refs = append(refs, postgres.EntryRef{City: a.City, Assessment: a.Assessment, Indicator: code, Version: int(n)})
	}
	return refs
}

// isRefusal reports whether the error is about the one entry.
func isRefusal(err error) bool {
	var invalid *tracker.InvalidError
	return errors.As(err, &invalid) || errors.Is(err, tracker.ErrConflict) || errors.Is(err, tracker.ErrNotFound)
}

// showTickedAgain shows the desk with its boxes as they were ticked.
func (s *Server) showTickedAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, ticked []string) error {
	d, err := s.desk(w, r, actor)
	if err != nil {
		return err
	}
	if err := actor.Allowed(tracker.Accept, d.queue.City, 0, d.queue.Today); err != nil {
		return err
	}
	var cause error
	if !infoOf(r).resumed {
		cause = tracker.Invalid("entry", "review_list.error.none_ticked")
	}
	status, err := again(&d.page.Page, &d.page.Errors, cause)
	if err != nil {
		return err
	}
	d.tick(ticked)
	return d.show(w, r, status)
}

func (d *desk) tick(ticked []string) {
	for i := range d.page.Rows {
		row := &d.page.Rows[i]
		row.Ticked = slices.Contains(ticked, row.Cell.Code+" "+strconv.Itoa(row.Version))
	}
}

// showRefused shows the desk with what became of those that were ticked.
func (s *Server) showRefused(w http.ResponseWriter, r *http.Request, actor tracker.Actor, ticked, accepted []string, refused map[string]error) error {
	d, err := s.desk(w, r, actor)
	if err != nil {
		return err
	}
	d.page.Accepted = accepted
	for _, ref := range tickedEntries(d.page.Address, ticked) {
		if cause := refused[ref.Indicator]; cause != nil {
			d.page.Refused = append(d.page.Refused, d.refusal(ref, cause))
		}
	}
	return d.show(w, r, http.StatusConflict)
}

func (d *desk) refusal(ref postgres.EntryRef, cause error) view.ReviewRefusal {
	one := view.ReviewRefusal{Code: shorten(ref.Indicator)}
	if d.queue.Framework != nil {
		for place := range d.queue.Framework.All() {
			if place.Indicator.Code == ref.Indicator {
				one.Title, one.Href = d.p.Text(place.Indicator.Title), d.page.ReviewSince(ref.Indicator, ref.Version)
			}
		}
	}
	if messages, invalid := messagesOf(cause, d.p); invalid {
		for _, text := range messages {
			one.Reason = text
		}
		return one
	}
	one.Reason = d.p.T("review_list.error.conflict")
	if errors.Is(cause, tracker.ErrNotFound) {
		one.Reason = d.p.T("review_list.error.unknown")
	}
	return one
}

// listReviewCities is what waits in each city that the reader reviews; who reviews
// one is led there.
func (s *Server) listReviewCities(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	all, err := s.Store.CityReviews(r.Context(), actor)
	if err != nil {
		return err
	}
	switch len(all) {
	case 0:
		return tracker.ErrForbidden
	case 1:
		return redirect(w, r, view.Address{City: all[0].City.Slug}.Reviews(tracker.ReviewFilter{}), "")
	}
	page := view.ReviewCities{Page: s.page(w, r, "review_cities.title")}
	for _, one := range all {
		row := view.ReviewCity{Name: page.P.Text(one.City.Name), Count: one.Count,
			Href: view.Address{City: one.City.Slug}.Reviews(tracker.ReviewFilter{})}
		if one.Count > 0 {
			row.Days = int(one.Today - one.Oldest)
		}
		page.Cities = append(page.Cities, row)
	}
	return render(w, r, http.StatusOK, view.ReviewCitiesPage(page))
}
