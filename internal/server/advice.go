package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// advicePages mounts the pages of recommendations and tasks.
func (s *Server) advicePages(r chi.Router) {
	r.Get("/cities/{city}/recommendations", s.inCity(tracker.ReadCity, s.listRecommendations))
	r.Get("/cities/{city}/recommendations/new", s.inCity(tracker.GiveRecommendation, s.newRecommendation))
	r.Get(recommendationPattern, s.inCity(tracker.ReadCity, s.showRecommendation))
	for _, act := range tracker.RecommendationActs {
		r.Get(recommendationPattern+"/"+actSegment(act), s.inCity(act, s.askToMoveRecommendation(act)))
	}
	r.Get("/cities/{city}/tasks", s.inCity(tracker.ReadCity, s.listTasks))
	r.Get("/cities/{city}/tasks/new", s.inCity(tracker.GiveTask, s.newTask))
	r.Get(taskPattern, s.inCity(tracker.ReadCity, s.showTask))
	r.Get(taskPattern+"/change", s.inCity(tracker.ChangeTask, s.editTask))
	for _, act := range movingTasks {
		r.Get(taskPattern+"/"+actSegment(act), s.inCity(act, s.askToMoveTask(act)))
	}
}

// adviceForms mounts their forms; see entryForms.
func (s *Server) adviceForms(r chi.Router) {
	r.Post("/cities/{city}/recommendations/new", s.inCity(tracker.GiveRecommendation, s.giveRecommendation))
	for _, act := range tracker.RecommendationActs {
		r.Post(recommendationPattern+"/"+actSegment(act), s.inCity(act, s.moveRecommendation(act)))
	}
	r.Post("/cities/{city}/tasks/new", s.inCity(tracker.GiveTask, s.giveTask))
	r.Post(taskPattern+"/change", s.inCity(tracker.ChangeTask, s.changeTask))
	for _, act := range movingTasks {
		r.Post(taskPattern+"/"+actSegment(act), s.inCity(act, s.moveTask(act)))
	}
}

const (
	recommendationPattern = "/cities/{city}/recommendations/{recommendation}"
	taskPattern           = "/cities/{city}/tasks/{task}"
)

// movingTasks are the acts on a task with the same form as those on a
// recommendation.
var movingTasks = []tracker.Action{tracker.CompleteTask, tracker.DropTask, tracker.ReopenTask}

// actSegment is an act in an address: "take-on", "complete".
func actSegment(act tracker.Action) string {
	name := strings.TrimSuffix(strings.TrimSuffix(string(act), "_recommendation"), "_task")
	return strings.ReplaceAll(name, "_", "-")
}

// graveActs end something that somebody asked for.
var graveActs = []tracker.Action{tracker.DeclineRecommendation, tracker.DropTask}

// adviceActForm is what the form of an act says whatever it is about.
func adviceActForm(v view.AdviceAct, act tracker.Action, kind string) view.AdviceAct {
	p := v.P
	v.Title = p.T(kind + ".act." + string(act))
	v.Save, v.About, v.Errors = v.Title, p.T(kind+".about."+string(act)), view.Errors{}
	v.Grave = slices.Contains(graveActs, act)
	v.NamesResult = act == tracker.AnswerRecommendation || act == tracker.CompleteTask
	switch act {
	case tracker.AnswerRecommendation, tracker.CompleteTask:
		v.Label, v.Hint = p.T("advice.result"), p.T("advice.result.hint")
	case tracker.DeclineRecommendation, tracker.ReopenRecommendation, tracker.DropTask, tracker.ReopenTask:
		v.Label = p.T("advice.reason")
	default:
		v.Label = p.T("advice.note")
	}
	return v
}

// saidForm is what somebody sent with an act.
type saidForm struct {
	version  int
	note     string
	evidence []int64
}

func readSaid(f *form) saidForm {
	said := saidForm{version: f.version(), note: f.text("note")}
	for _, text := range f.r.PostForm["evidence"] {
		id, err := tracker.ParseLibraryKey(text)
		if err != nil {
			id = 0 // which no evidence has
		}
		said.evidence = append(said.evidence, id)
	}
	return said
}

// candidates fills the evidence that may be named, with what is named already.
func (s *Server) candidates(r *http.Request, actor tracker.Actor, v *view.AdviceAct, assessment int64, indicators []string, named []int64, today tracker.Date) error {
	if !v.NamesResult {
		return nil
	}
	all, err := s.Store.EvidenceToName(r.Context(), actor, v.Address.City, assessment, indicators)
	if err != nil {
		return err
	}
	for _, e := range all {
		v.Candidates = append(v.Candidates, view.EvidenceChoice{EvidenceRow: evidenceRow(e, today, v.Address, v.P), Checked: slices.Contains(named, e.ID)})
	}
	return nil
}

// moveRows is a history as a page shows it.
func moveRows[S ~string](moves []tracker.Move[S], city tracker.City, a view.Address, p *locale.Printer) []view.MoveRow {
	var rows []view.MoveRow
	for _, m := range moves {
		row := view.MoveRow{Act: string(m.Act), By: m.RecordedBy, At: wall(m.RecordedAt, city), Note: m.Note}
		for _, e := range m.Evidence {
			if e.Hidden {
				row.Evidence = append(row.Evidence, ui.Link{Text: p.T("advice.evidence.hidden")})
			} else {
				row.Evidence = append(row.Evidence, ui.Link{Text: e.Title, Href: a.Evidence(e.ID)})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// codeLinks lead to indicators.
func codeLinks(codes []string, a view.Address) []ui.Link {
	var all []ui.Link
	for _, code := range codes {
		all = append(all, ui.Link{Text: code, Href: a.Entry(code)})
	}
	return all
}

// pickAreas are all indicators to choose from, with those that are chosen.
func pickAreas(framework *tracker.Framework, chosen []string, p *locale.Printer) []view.PickArea {
	var areas []view.PickArea
	for place := range framework.All() {
		if n := len(areas); n == 0 || areas[n-1].Code != place.Area.Code {
			areas = append(areas, view.PickArea{Code: place.Area.Code, Title: p.Text(place.Area.Title)})
		}
		last := &areas[len(areas)-1]
		row := view.PickRow{Code: place.Indicator.Code, Title: p.Text(place.Indicator.Title), Checked: slices.Contains(chosen, place.Indicator.Code)}
		if row.Checked {
			last.Count++
		}
		last.Rows = append(last.Rows, row)
	}
	return areas
}

// readCodes are the indicators that a form has chosen.
func readCodes(f *form) []string {
	var codes []string
	for _, text := range f.r.PostForm["indicators"] {
		code, _ := cleanText(text)
		codes = append(codes, code)
	}
	return codes
}

// inAssessment is the address with the assessment, where there are several.
func inAssessment(a view.Address, one tracker.Assessment) view.Address {
	a.Assessment = one.Number
	return a
}
