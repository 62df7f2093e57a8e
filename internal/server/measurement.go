package server

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// editMeasurement shows the form for the figure of one year: of ?year where it
// has one, else of a new year.
func (s *Server) editMeasurement(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, record, err := s.measurementPage(w, r, actor, false)
	if err != nil {
		return err
	}
	asked, _ := strconv.Atoi(r.URL.Query().Get("year"))
	for _, m := range record.Measurements {
		if m.Year == asked {
			unit := record.Place.Indicator.Unit
			page.Year, page.Value, page.SourceText = strconv.Itoa(m.Year), figure(m.Value, unit, page.P), m.Source
			if m.HasTarget {
				page.Target = figure(m.Target, unit, page.P)
			}
		}
	}
	return render(w, r, http.StatusOK, view.MeasurementEditPage(page))
}

// measurementPage makes the page; again, for a form that comes back.
func (s *Server) measurementPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, again bool) (view.MeasurementEdit, *tracker.EntryRecord, error) {
	entry, _, record, err := s.entryPage(w, r, actor)
	if err != nil {
		return view.MeasurementEdit{}, nil, err
	}
	if !entry.CanMeasure && (!again || !entry.Quantitative || !mayFill(tracker.RecordMeasurement, actor, record)) {
		return view.MeasurementEdit{}, nil, cmp.Or(allowedToFill(tracker.RecordMeasurement, actor, record), tracker.ErrForbidden)
	}
	page := view.MeasurementEdit{
		Page: entry.Page, Address: entry.Address, Code: entry.Code, Title: entry.Title, Unit: entry.Unit,
		Version: record.Entry.Version, Existing: entry.Measurements, Errors: view.Errors{},
	}
	page.Page.Title = page.P.T("measurement_edit.title", "code", entry.Code)
	return page, record, nil
}

// measurementForm is what was typed for one year's figure.
type measurementForm struct{ year, value, target, source string }

// saveMeasurement writes the figure of one year.
func (s *Server) saveMeasurement(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	version := f.version()
	typed := measurementForm{f.text("year"), f.text("value"), f.text("target"), f.text("source")}
	ref, err := entryRef(r, version)
	if err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showMeasurementAgain(w, r, actor, typed, version, nil)
	}
	m, err := typed.read(string(s.printer(r).Language()), f.refused())
	if err == nil {
		err = s.Store.RecordMeasurement(r.Context(), actor, ref, m)
	}
	switch {
	case errors.Is(err, tracker.ErrConflict):
		return s.measurementConflict(w, r, actor, typed)
	case err != nil:
		return s.showMeasurementAgain(w, r, actor, typed, version, err)
	}
	return redirectToEntry(w, r, ref, "notice.measurement_saved")
}

// read understands what was typed; refused are fields with characters that
// cannot be stored, or nil.
func (t measurementForm) read(language string, refused error) (tracker.Measurement, error) {
	fields := map[string]string{}
	var invalid *tracker.InvalidError
	if errors.As(refused, &invalid) {
		maps.Copy(fields, invalid.Fields)
	}
	m := tracker.Measurement{Source: t.source, HasTarget: t.target != ""}
	var err error
	if m.Year, err = strconv.Atoi(t.year); err != nil {
		fields["year"] = "measurement.error.year"
	}
	if m.Value, err = tracker.ReadFigure(t.value, language); err != nil {
		fields["value"] = "measurement.error.figure"
	}
	if m.HasTarget {
		if m.Target, err = tracker.ReadFigure(t.target, language); err != nil {
			fields["target"] = "measurement.error.figure"
		}
	}
	if len(fields) > 0 {
		return m, &tracker.InvalidError{Fields: fields}
	}
	return m, nil
}

// showMeasurementAgain shows the form as it was typed; see showClaimAgain.
func (s *Server) showMeasurementAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	typed measurementForm, version int, cause error) error {
	page, _, err := s.measurementPage(w, r, actor, true)
	if err != nil {
		return err
	}
	page.Version, page.Year, page.Value, page.Target, page.SourceText = version, typed.year, typed.value, typed.target, typed.source
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.MeasurementEditPage(page))
}
