package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// evidencePage is a page of the city's evidence, as an officer sees it.
func (r reader) evidencePage(title, path string) view.Page {
	page := r.cityPage(title, path, "evidence", address())
	return page
}

// decree is restricted, has a long title with markup in it, and expires soon.
func (r reader) decree() view.EvidenceRow {
	return view.EvidenceRow{ID: 7, Href: address().Evidence(7), Language: "vi", Number: "12/KH-UBND", Issuer: "Ủy ban nhân dân thành phố",
		Title:      "Kế hoạch <b>triển khai</b> xây dựng thành phố học tập giai đoạn 2024-2030 trên địa bàn thành phố Hạ Long",
		What:       "PDF " + r.T("evidence.size.mb", "size", r.Number(12)),
		Standing:   "expiring",
		ValidUntil: tracker.NewDate(2025, 4, 1), Department: r.Text(r.city.Departments[0].Name), Uses: 2, Restricted: true}
}

func (r reader) portal() view.EvidenceRow {
	return view.EvidenceRow{ID: 6, Href: address().Evidence(6), Title: "Portal", What: r.T("evidence.kind.link")}
}

func incomplete(expected []string) view.Completeness {
	return view.Completeness{Expected: len(expected), Answered: 1, Missing: expected[1:], Expired: 1}
}

func (r reader) library() view.LibraryList {
	a := address()
	v := view.LibraryList{Page: r.evidencePage(r.T("evidence.title"), a.Library(tracker.LibraryFilter{})), Address: a, CanAdd: true,
		Departments: []view.FilterOption{{Text: r.T("library.show.all"), Href: a.Library(tracker.LibraryFilter{}), Current: true}}}
	v.Shows = append(v.Shows, view.FilterOption{Text: r.T("library.show.all"), Href: a.Library(tracker.LibraryFilter{})})
	for _, choice := range tracker.LibraryChoices {
		v.Shows = append(v.Shows, view.FilterOption{Text: r.T("library.show." + string(choice)), Href: a.Library(tracker.LibraryFilter{Show: choice}),
			Current: choice == tracker.ChooseExpiring})
	}
	return v
}

func libraryList(r reader) templ.Component {
	v := r.library()
	v.Filter = tracker.LibraryFilter{Show: tracker.ChooseExpiring, Query: "kế hoạch", Department: "CUL"}
	v.Problem = r.T("library.error.filter")
	v.Rows = []view.EvidenceRow{r.decree(), r.portal()}
	v.OlderHref, v.NewestHref = v.Library(tracker.LibraryFilter{Before: 6}), v.Library(v.Filter)
	return view.LibraryListPage(v)
}

func libraryEmpty(r reader) templ.Component { return view.LibraryListPage(r.library()) }

func libraryNone(r reader) templ.Component {
	v := r.library()
	v.Filter.Query = "không có"
	return view.LibraryListPage(v)
}

func (r reader) missing() view.MissingList {
	return view.MissingList{Page: r.evidencePage(r.T("missing.title"), address().Missing()), Address: address(), Assessment: r.Text(r.city.Assessment.Name)}
}

func missingList(r reader) templ.Component {
	v := r.missing()
	place := r.framework.Places()[0]
	var expected []string
	for _, document := range place.Indicator.Evidence {
		expected = append(expected, r.Text(document))
	}
	row := view.MissingRow{Code: place.Indicator.Code, Title: r.Text(place.Indicator.Title), Href: v.Entry(place.Indicator.Code), Completeness: incomplete(expected)}
	v.Count = 2
	v.Parts = []view.MissingPart{{Code: "CUL", Name: r.Text(r.city.Departments[0].Name), Rows: []view.MissingRow{row}}, {Rows: []view.MissingRow{row}}}
	return view.MissingListPage(v)
}

func missingEmpty(r reader) templ.Component { return view.MissingListPage(r.missing()) }

func (r reader) evidence() view.EvidenceShow {
	row := r.decree()
	return view.EvidenceShow{Page: r.evidencePage(row.Title, row.Href), Address: address(), ID: row.ID, Version: 3, Evidence: row, TextLanguage: "vi",
		CreatedBy: "Trần Văn Cường", CreatedAt: noon, CanEdit: true,
		Passport: tracker.Passport{Title: row.Title, Number: row.Number, Issuer: row.Issuer, IssuedOn: tracker.NewDate(2024, 1, 2),
			PeriodFrom: tracker.NewDate(2024, 1, 1), ValidUntil: row.ValidUntil, Access: tracker.AccessRestricted, Language: "vi", Note: "Bản ký số.\nCó phụ lục."}}
}

func (r reader) uses() []view.UseRow {
	place := r.framework.Places()[0]
	return []view.UseRow{{Code: place.Indicator.Code, Title: r.Text(place.Indicator.Title), Href: address().Entry(place.Indicator.Code),
		Assessment: r.Text(r.city.Assessment.Name), Standing: "in_progress", Answers: []string{r.Text(place.Indicator.Evidence[0])}}}
}

func evidenceShow(r reader) templ.Component {
	v := r.evidence()
	version := view.VersionRow{Number: 2, Newest: true, What: "PDF", FileName: "Kế hoạch 12 (bản ký).pdf", Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		FileHref: v.File(7, 2), PreviewHref: v.Preview(7, 2), Text: "none", Note: "Bản đã ký", By: "Trần Văn Cường", At: noon}
	older := version
	older.Number, older.Newest, older.FileHref, older.PreviewHref, older.Text, older.Note = 1, false, v.File(7, 1), "", "found", ""
	v.Versions, v.Uses = []view.VersionRow{version, older}, r.uses()
	v.Threads = view.ThreadPart{ThreadsAt: view.ThreadsAt{Address: address(), Evidence: 7}, Readable: true, Total: 1, Resolved: 1, TextLanguage: "vi",
		Threads: []view.ThreadRow{r.settled()}}
	return view.EvidenceShowPage(v)
}

func evidenceWithdrawn(r reader) templ.Component {
	v := r.evidence()
	v.Evidence = r.portal()
	v.Evidence.Standing, v.CanEdit, v.TextLanguage = "withdrawn", false, ""
	v.Withdrawn, v.WithdrawnOn = "Trang không còn", february
	v.Passport = tracker.Passport{Title: "Portal", Access: tracker.AccessOpen, Language: "other"}
	v.Versions = []view.VersionRow{{Number: 1, Newest: true, What: v.Evidence.What, URL: "https://halong.example/kế-hoạch", By: "An", At: noon}}
	return view.EvidenceShowPage(v)
}

func (r reader) adding() view.EvidenceNew {
	return view.EvidenceNew{Page: r.evidencePage(r.T("evidence_new.title"), address().NewEvidence()), Address: address(),
		Form: view.AddForm{Access: "open", Language: "vi"}, Departments: []ui.Option{{Value: "CUL", Label: r.Text(r.city.Departments[0].Name)}},
		Accept: ".docx,.pdf", Most: r.T("evidence.size.mb", "size", "100"), MostBytes: 100 << 20, MostFiles: 20}
}

func evidenceNew(r reader) templ.Component { return view.EvidenceNewPage(r.adding()) }

func evidenceNewRefused(r reader) templ.Component {
	v := r.adding()
	v.Code, v.Name, v.Expected, v.Query = openCode, "…", []string{"A", "B"}, "kế hoạch"
	v.Form.Answers, v.Form.URL, v.Form.Again, v.KnownContent = map[int]bool{2: true}, "halong", true, true
	v.Errors = view.Errors{"url": r.T("evidence_version_url_is_one"), "files": r.T("upload.error.many", "most", 20)}
	v.Found = []view.EvidenceRow{r.decree()}
	v.Results = []view.UploadResult{{Name: "Báo cáo.pdf", Href: v.Evidence(8)}, {Name: "<b>.svg", Error: r.T("upload.refused.svg")},
		{Name: "Kế hoạch.pdf", Error: r.T("evidence.error.known_content"), Known: []view.KnownEvidence{
			{Title: "Kế hoạch", Language: "vi", Href: v.Evidence(7), LinkHref: v.Link(openCode, 7)}, {Title: "Portal", Href: v.Evidence(6)}}}}
	return view.EvidenceNewPage(v)
}

func evidenceWithdraw(r reader) templ.Component {
	v := view.EvidenceWithdraw{EvidenceShow: r.evidence(), Changed: true, Errors: view.Errors{"note": r.T("evidence.error.no_reason")}}
	v.Uses = r.uses()
	return view.EvidenceWithdrawPage(v)
}

func evidenceLink(r reader) templ.Component {
	v := view.EvidenceLink{Page: r.evidencePage(r.T("evidence_link.title", "code", openCode), address().Link(openCode, 7)), Address: address(), Code: openCode,
		Name: "…", Version: 4, Evidence: r.decree(), Expected: []string{"A", "B"}, Answers: map[int]bool{1: true}, Linked: true, Changed: true,
		Errors: view.Errors{"answers": r.T("evidence_link_answers_count")}}
	return view.EvidenceLinkPage(v)
}

// linkUnlinked is the answer to who takes away what somebody else took away before.
func linkUnlinked(r reader) templ.Component {
	v := view.EvidenceLink{Page: r.evidencePage(r.T("evidence_link.title", "code", openCode), address().Link(openCode, 7)), Address: address(), Code: openCode,
		Name: "…", Version: 5, Evidence: r.decree(), Expected: []string{"A", "B"}, Unlinked: true}
	return view.EvidenceLinkPage(v)
}

func passportConflict(r reader) templ.Component {
	v := view.PassportEdit{EvidenceShow: r.evidence(), Changed: true, Departments: r.adding().Departments,
		Form: view.PassportForm{Title: "Kế hoạch", IssuedOn: "mai", Access: "open", Language: "vi"}, Errors: view.Errors{"issued_on": r.T("on.error.malformed")}}
	return view.PassportEditPage(v)
}

func versionNew(r reader) templ.Component {
	v := view.VersionNew{EvidenceShow: r.evidence(), Next: 3, Note: "Bản mới", Accept: ".pdf", Most: "100", MostBytes: 100 << 20,
		Errors: view.Errors{"files": r.T("upload.refused.macros"), "version_note": r.T("note.error.long", "note", 2000)}}
	return view.VersionNewPage(v)
}
