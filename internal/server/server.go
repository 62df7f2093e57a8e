// Package server turns requests into calls of the store and answers with pages.
// A handler returns an error and one function makes the page of it; a handler
// that needs a person can be mounted through signedIn only, so that it cannot
// be forgotten.
//
// The package must not know SQL or decide what package tracker decides.
package server

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"learningcity/internal/files"
	"learningcity/internal/locale"
	"learningcity/internal/mail"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/static"
	"learningcity/web/view"
)

// Options of a server. All but Demo are needed; Mail and PublicURL where the
// store mails.
type Options struct {
	Store          *postgres.Store
	Words          *locale.Bundle
	Log            *slog.Logger
	Language       locale.Language // where a person has chosen none
	TimeZone       *time.Location  // on pages of no city
	PublicURL      *url.URL        // nil: the address that people came by
	TrustedProxies []netip.Prefix
	Mail           *mail.Sender
	Demo           Demo
	Files          files.Store
	MaxFile        int64 // bytes that one file may have
	Quota          int64 // bytes that a city's files may have together; 0: any number
}

// Demo is what the sign-in page tells visitors of a demonstration.
type Demo struct {
	Accounts []view.DemoAccount
	Password string
}

// Server answers all requests of the program.
type Server struct {
	Options
	router  chi.Router
	forms   chi.Router // what may be shown again after signing in
	hashes  *passwords
	pause   time.Duration // before the answer to who has tried to sign in too often
	silence time.Duration // of the sender or the reader of a file
	setup   *setup
	secrets secrets       // of second steps
	large   chan struct{} // places for pages that anybody may have built large
	events  *events
	times   eventTimes
	// demonstration is the provenance note of demonstration data, shown on
	// every page; empty where there is none.
	demonstration atomic.Pointer[tracker.Text]
	ready         atomic.Bool
}

// New prepares the routes. Until Open is called every page but the health
// checks answers that the program is starting.
func New(o Options) *Server {
	s := &Server{Options: o, hashes: newPasswords(), pause: signInPause, silence: transferPause, setup: newSetup(), large: make(chan struct{}, 2),
		events: newEvents(), times: patience}
	s.demonstration.Store(&tracker.Text{})
	s.router = s.routes()
	s.forms = chi.NewRouter()
	s.forms.NotFound(s.public(func(w http.ResponseWriter, r *http.Request) error {
		return redirect(w, r, view.HomePath, "")
	}))
	s.forms.Route(entryPattern, s.entryForms)
	s.evidenceForms(s.forms)
	s.transferForms(s.forms)
	s.reviewForms(s.forms)
	s.threadForms(s.forms, evidencePattern)
	s.adviceForms(s.forms)
	s.cityForms(s.forms)
	s.manageForms(s.forms)
	s.peopleForms(s.forms)
	s.regionForms(s.forms)
	return s
}

// Open lets people in, once the database is migrated and loaded.
func (s *Server) Open() { s.ready.Store(true) }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// Routes is the router, for tests that walk it.
func (s *Server) Routes() chi.Routes { return s.router }

func (s *Server) routes() chi.Router {
	r := chi.NewRouter()
	r.Use(s.describe, s.logRequests, s.recoverPanics, secureHeaders, rememberLanguage, s.refuseOtherHosts, routeHeadAsGet)
	r.NotFound(s.public(func(http.ResponseWriter, *http.Request) error { return tracker.ErrNotFound }))
	r.MethodNotAllowed(s.public(func(http.ResponseWriter, *http.Request) error { return errMethod }))
	r.Get("/healthz", s.showHealth)
	r.Get("/readyz", s.showReadiness)
	r.Get("/static/*", static.Handler().ServeHTTP)
	r.Group(func(r chi.Router) {
		r.Use(s.whenReady, limitBody, s.limitTime, s.leadToHTTPS, s.refuseCrossOrigin, middleware.Compress(5, "text/html"))
		s.pages(r)
	})
	r.Group(func(r chi.Router) {
		r.Use(s.whenReady, s.carryFiles, s.leadToHTTPS, s.refuseCrossOrigin)
		s.transfers(r)
	})
	r.Group(func(r chi.Router) { // neither limited in time nor compressed
		r.Use(s.whenReady, limitBody, s.leadToHTTPS, s.refuseCrossOrigin)
		r.Get(view.EventsPath, s.streamEvents)
	})
	return r
}

// guestRoutes mounts what people open who have not signed in, and where they do.
func (s *Server) guestRoutes(r chi.Router) {
	r.Get("/sign-in", s.public(s.newSession))
	r.Post("/sign-in", s.public(s.createSession))
	r.Get(view.SecondStepPath, s.public(s.newSecondStep))
	r.Post(view.SecondStepPath, s.public(s.passSecondStep))
	r.Post("/sign-out", s.signedIn(s.deleteSession))
	r.Get(view.SetupPath, s.public(s.newSetUp))
	r.Post(view.SetupPath, s.public(s.createFirstAdmin))
	r.Get(invitationsFolder+"{token}", s.public(s.showInvitation))
	r.Post(invitationsFolder+"{token}", s.public(s.acceptInvitation))
	r.Get(passwordLinksFolder+"{token}", s.public(s.newPassword))
	r.Post(passwordLinksFolder+"{token}", s.public(s.resetPassword))
	r.Get(stopMailsFolder+"{token}", s.public(s.askToStopMails))
	r.Post(stopMailsFolder+"{token}", s.public(s.stopMails))
	r.Get(view.ForgottenPath, s.public(s.newPasswordAsk))
	r.Post(view.ForgottenPath, s.public(s.askPassword))
}

// pages mounts every page. The action is asked early here and again in the
// transaction.
func (s *Server) pages(r chi.Router) {
	s.guestRoutes(r)
	r.Get(view.InboxPath, s.signedIn(s.listInbox))
	r.Post(view.InboxPath, s.signedIn(s.readInbox))
	r.Get(view.InboxPath+"/{item}", s.signedIn(s.openInboxItem))
	s.accountRoutes(r)
	s.peopleRoutes(r)
	s.cityRoutes(r)
	s.regionRoutes(r)
	s.accountListRoutes(r)
	r.Get("/", s.signedIn(s.showHome))
	r.Get("/cities", s.signedIn(s.listCities))
	r.Get(view.NewCityPath, s.inInstallation(s.newCity))
	s.cityForms(r)
	s.managePages(r)
	s.manageForms(r)
	s.evidencePages(r)
	s.evidenceForms(r)
	s.reviewPages(r)
	s.reviewForms(r)
	s.threadPages(r, evidencePattern)
	s.threadForms(r, evidencePattern)
	r.Get("/cities/{city}/threads/{thread}", s.inCity(tracker.ReadThreads, s.findThread))
	r.Get("/cities/{city}/directions", s.inCity(tracker.ReadThreads, s.listDirections))
	s.advicePages(r)
	s.adviceForms(r)
	r.Get("/cities/{city}", s.inCity(tracker.ReadCity, s.showOverview))
	r.Get("/cities/{city}/indicators", s.inCity(tracker.ReadCity, s.listEntries))
	r.Get("/cities/{city}/audit", s.inCity(tracker.ReadAudit, s.listAudit(s.cityRecord)))
	r.Get("/cities/{city}/audit.csv", s.inCity(tracker.ReadAudit, s.exportAudit(s.cityRecord)))
	r.Get("/audit", s.signedIn(s.listAudit(s.installationRecord)))
	r.Get("/audit.csv", s.signedIn(s.exportAudit(s.installationRecord)))
	r.Get("/account/audit", s.signedIn(s.listAudit(s.ownRecord)))
	r.Route(entryPattern, func(r chi.Router) {
		r.Get("/", s.inCity(tracker.ReadCity, s.showEntry))
		r.Get("/narrative", s.inCity(tracker.EditNarrative, s.editNarrative))
		r.Get("/measurement", s.inCity(tracker.RecordMeasurement, s.editMeasurement))
		r.Get("/decisions/{version}", s.inCity(tracker.ReadCity, s.showDecision))
		r.Get("/evidence", s.inCity(tracker.LinkToEntry, s.attachEvidence))
		r.Get("/evidence/{evidence}", s.inCity(tracker.LinkToEntry, s.editLink))
		r.Get("/evidence/{evidence}/unlink", s.inCity(tracker.ReadCity, leadToEntry))
		// Where a refused form stands in the address bar and in the link to
		// the other language, its address must open.
		for _, act := range []string{"/claim", "/submit", "/withdraw", "/reopen"} {
			r.Get(act, s.inCity(tracker.ReadCity, leadToEntry))
		}
		s.threadPages(r, "")
		s.entryForms(r)
	})
}

const entryPattern = "/cities/{city}/indicators/{code}"

// transfers mounts what carries files, for which a page's limits on size and
// time are not meant.
func (s *Server) transfers(r chi.Router) {
	s.transferForms(r)
	r.Get(evidencePattern+"/versions/{number}/file", s.inCity(tracker.ReadCity, s.sendFile))
	r.Get(evidencePattern+"/versions/{number}/preview", s.inCity(tracker.ReadCity, s.previewFile))
}

// transferForms mounts forms that carry files. They are shown again without them;
// see entryForms.
func (s *Server) transferForms(r chi.Router) {
	r.Post("/cities/{city}/evidence", s.inCity(tracker.EditEvidence, s.uploadEvidence))
	r.Post(evidencePattern+"/versions", s.inCity(tracker.EditEvidence, s.uploadVersion))
}

const evidencePattern = "/cities/{city}/evidence/{evidence}"

func (s *Server) evidencePages(r chi.Router) {
	r.Get("/cities/{city}/evidence", s.inCity(tracker.ReadCity, s.listEvidence))
	r.Get("/cities/{city}/evidence/missing", s.inCity(tracker.ReadCity, s.listMissing))
	r.Get("/cities/{city}/evidence/new", s.inCity(tracker.EditEvidence, s.newEvidence))
	r.Get(evidencePattern, s.inCity(tracker.ReadCity, s.showEvidence))
	r.Get(evidencePattern+"/passport", s.inCity(tracker.EditEvidence, s.editPassport))
	r.Get(evidencePattern+"/versions", s.inCity(tracker.EditEvidence, s.newVersion))
	r.Get(evidencePattern+"/withdraw", s.inCity(tracker.EditEvidence, s.askToWithdraw))
}

// evidenceForms mounts their forms that carry no file; see entryForms.
func (s *Server) evidenceForms(r chi.Router) {
	r.Post(evidencePattern+"/passport", s.inCity(tracker.EditEvidence, s.changePassport))
	r.Post(evidencePattern+"/withdraw", s.inCity(tracker.EditEvidence, s.withdrawEvidence))
}

const reviewPattern = "/cities/{city}/reviews/{code}"

// reviewPages mounts the reviewers' desk.
func (s *Server) reviewPages(r chi.Router) {
	r.Get(view.ReviewsPath, s.signedIn(s.listReviewCities))
	r.Get("/cities/{city}/reviews", s.inCity(tracker.ReadReviews, s.listReviews))
	r.Get(reviewPattern, s.inCity(tracker.ReadReviews, s.showReview))
	r.Get(reviewPattern+"/accept", s.inCity(tracker.ReadReviews, leadToReview))
	r.Get(reviewPattern+"/return", s.inCity(tracker.ReadReviews, leadToReview))
}

// reviewForms mounts its forms; see entryForms.
func (s *Server) reviewForms(r chi.Router) {
	r.Post("/cities/{city}/reviews", s.inCity(tracker.Accept, s.acceptTicked))
	r.Post(reviewPattern+"/accept", s.inCity(tracker.Accept, s.acceptReview))
	r.Post(reviewPattern+"/return", s.inCity(tracker.Return, s.returnReview))
}

// cityForms mounts the form of a new city; see entryForms.
func (s *Server) cityForms(r chi.Router) {
	r.Post(view.CitiesPath, s.inInstallation(s.createCity))
	r.Post("/cities/{city}/settings", s.inCity(tracker.ManageCities, s.renameCity))
}

// managePages mounts what a coordinator looks after, and what an admin does.
func (s *Server) managePages(r chi.Router) {
	r.Get(view.FrameworksPath, s.inInstallation(s.listFrameworks))
	r.Get("/cities/{city}/assignments", s.inCity(tracker.ManageCity, s.editAssignments))
	r.Get("/cities/{city}/assessments", s.inCity(tracker.ManageCity, s.listAssessments))
	r.Get("/cities/{city}/assessments/new", s.inCity(tracker.ManageCity, s.newAssessment))
	r.Get(assessmentPattern+"/close", s.inCity(tracker.ManageCity, s.askToMove(closing)))
	r.Get(assessmentPattern+"/reopen", s.inCity(tracker.ManageCity, s.askToMove(reopening)))
	r.Get(assessmentPattern+"/submission", s.inCity(tracker.ReadCity, s.showSubmission))
	r.Get("/cities/{city}/departments", s.inCity(tracker.ReadCity, s.listDepartments))
	r.Get("/cities/{city}/departments/new", s.inCity(tracker.ManageCity, s.departmentForm))
	r.Get("/cities/{city}/departments/{code}", s.inCity(tracker.ReadCity, s.showDepartment))
	r.Get("/cities/{city}/departments/{code}/rename", s.inCity(tracker.ManageCity, s.departmentForm))
	r.Get("/cities/{city}/departments/{code}/retire", s.inCity(tracker.ManageCity, s.askToRetire))
}

const assessmentPattern = "/cities/{city}/assessments/{number}"

// manageForms mounts their forms; see entryForms.
func (s *Server) manageForms(r chi.Router) {
	r.Post("/cities/{city}/assignments", s.inCity(tracker.ManageCity, s.saveAssignments))
	r.Post("/cities/{city}/assessments", s.inCity(tracker.ManageCity, s.openAssessment))
	r.Post(assessmentPattern+"/close", s.inCity(tracker.ManageCity, s.moveAssessment(closing)))
	r.Post(assessmentPattern+"/reopen", s.inCity(tracker.ManageCity, s.moveAssessment(reopening)))
	r.Post(assessmentPattern+"/submission", s.inCity(tracker.ManageCity, s.submitAssessment))
	r.Post("/cities/{city}/departments", s.inCity(tracker.ManageCity, s.createDepartment))
	r.Post("/cities/{city}/departments/{code}/rename", s.inCity(tracker.ManageCity, s.renameDepartment))
	r.Post("/cities/{city}/departments/{code}/retire", s.inCity(tracker.ManageCity, s.retireDepartment))
}

// entryForms mounts the forms of an indicator. Each shows its page again, and
// writes nothing, when the request was resumed.
func (s *Server) entryForms(r chi.Router) {
	r.Post("/claim", s.inCity(tracker.ChangeClaim, s.changeClaim))
	r.Post("/submit", s.inCity(tracker.Submit, s.submitEntry))
	r.Post("/withdraw", s.inCity(tracker.Withdraw, s.withdrawEntry))
	r.Post("/reopen", s.inCity(tracker.Reopen, s.reopenEntry))
	r.Post("/narrative", s.inCity(tracker.EditNarrative, s.saveNarrative))
	r.Post("/measurement", s.inCity(tracker.RecordMeasurement, s.saveMeasurement))
	r.Post("/evidence/{evidence}", s.inCity(tracker.LinkToEntry, s.saveLink))
	r.Post("/evidence/{evidence}/unlink", s.inCity(tracker.LinkToEntry, s.unlinkEvidence))
	s.threadForms(r, "")
}
