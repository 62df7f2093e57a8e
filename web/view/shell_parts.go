package view

import (
	"net/url"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// pageScripts says what a page loads beside the script of every page.
type pageScripts bool

const (
	ownScripts pageScripts = false
	withHTMX   pageScripts = true
)

// noFilter lets every indicator through.
var noFilter = tracker.Filter{}

// openTasks are where the list of tasks begins.
var openTasks = tracker.TaskFilter{State: tracker.TaskOpen}

// wholeRecord chooses every act.
var wholeRecord = tracker.AuditFilter{}

func frame(p Page, scripts pageScripts) ui.Shell {
	shell := ui.Shell{
		Language:  string(p.P.Language()),
		Title:     windowTitle(p),
		SkipLabel: p.P.T("shell.skip"),
		HTMX:      bool(scripts),
		Header:    header(p),
		Footer:    footer(p),
	}
	if p.Demonstration != "" {
		shell.Banner = demonstrationBanner(p)
	}
	return shell
}

// windowTitle goes from the page to the product, so that many tabs can be told
// apart by their beginnings.
func windowTitle(p Page) string {
	title := p.Title
	if p.City != nil {
		title += " · " + p.City.Name
	}
	return title + " · " + p.P.T("shell.brand")
}

func otherLanguageCode(p *locale.Printer) string {
	if p.Language() == locale.Vietnamese {
		return string(locale.English)
	}
	return string(locale.Vietnamese)
}

// Kinds of news, as the server's events name them.
const (
	newsEntry   = "entry"
	newsComment = "comment"
)

// watchKinds are the kinds of news that matter to the page.
func watchKinds(p Page) []string {
	switch {
	case p.Watch.Code == "" && p.Watch.Evidence == 0:
		return []string{newsEntry}
	case p.Watch.Version == 0:
		return []string{newsComment}
	}
	return []string{newsEntry, newsComment}
}

// watchText says what somebody else has done.
func watchText(p Page, kind string) string {
	switch {
	case kind == newsComment:
		return p.P.T("event.comment")
	case p.Watch.Code == "":
		return p.P.T("event.city")
	}
	return p.P.T("event.entry")
}

// otherLanguageHref is this page in the other language.
func otherLanguageHref(p Page) string {
	address, err := url.Parse(p.Path)
	if err != nil {
		return HomePath
	}
	q := address.Query()
	q.Set("lang", otherLanguageCode(p.P))
	address.RawQuery = q.Encode()
	return address.String()
}
