package demonstration

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"learningcity/internal/catalogue"
	"learningcity/internal/tracker"
)

// notReal stands at the head of every document and in its passport.
const notReal = "Tài liệu minh họa, không phải văn bản thật."

// decision is the one document that is not written here: a PDF with a font.
//
//go:embed decision.pdf
var decision []byte

// writer makes the documents of the demonstration out of the rest of it.
type writer struct {
	city       catalogue.Demonstration
	indicators map[string]*tracker.Indicator
	narratives map[string]string
	department map[string]string // of an indicator: a code
	names      map[string]string // of departments
	figures    map[string][]catalogue.Measurement
}

func newWriter(f tracker.Framework, city catalogue.Demonstration) writer {
	w := writer{city, map[string]*tracker.Indicator{}, map[string]string{}, map[string]string{}, map[string]string{},
		map[string][]catalogue.Measurement{}}
	for _, place := range f.Places() {
		w.indicators[place.Indicator.Code] = place.Indicator
	}
	for _, e := range city.Entries {
		w.narratives[e.Indicator] = e.Narrative.VI
	}
	for _, d := range city.Departments {
		w.names[d.Code] = d.Name.VI
	}
	for _, a := range city.Assignments {
		w.department[a.Indicator] = a.Department
	}
	for _, m := range city.Measurements {
		w.figures[m.Indicator] = append(w.figures[m.Indicator], m)
	}
	return w
}

// passport of the document at that place in the file.
func (w writer) passport(n int, e catalogue.Evidence, today tracker.Date) tracker.Passport {
	first := e.Answers[0]
	department := w.department[first.Indicator]
	p := tracker.Passport{Title: w.indicators[first.Indicator].Evidence[first.Document-1].VI, Issuer: w.names[department],
		IssuedOn: e.IssuedOn, ValidUntil: e.ValidUntil, Access: tracker.AccessOpen, Department: department, Language: "vi", Note: notReal}
	if e.Symbol != "" {
		p.Number = fmt.Sprintf("MH-%02d/%s", n+1, e.Symbol) // MH: minh họa, which no office has
	}
	if e.Year != 0 {
		p.PeriodFrom, p.PeriodTo = tracker.NewDate(e.Year, time.January, 1), tracker.NewDate(e.Year, time.December, 31)
	}
	if e.ValidDays != 0 {
		p.ValidUntil = today + tracker.Date(e.ValidDays)
	}
	if e.Restricted {
		p.Access = tracker.AccessRestricted
	}
	return p
}

// document is the paper's file.
func (w writer) document(p *paper, draft bool) []byte {
	lines := w.lines(p, draft)
	switch p.Form {
	case "docx":
		return docx(lines)
	case "odt":
		return odt(lines)
	case "csv":
		return table(lines, w.rows(p))
	case "pdf":
		return decision
	}
	return []byte(strings.Join(lines, "\n\n") + "\n")
}

// lines is what the document says, a paragraph each.
func (w writer) lines(p *paper, draft bool) []string {
	lines := []string{notReal, p.passport.Issuer}
	if p.passport.Number != "" && !draft {
		lines = append(lines, "Số: "+p.passport.Number)
	}
	if draft {
		lines = append(lines, "Dự thảo để lấy ý kiến")
	} else {
		lines = append(lines, "Ngày "+p.IssuedOn.Time().Format("02/01/2006"))
	}
	lines = append(lines, p.passport.Title)
	for _, a := range p.Answers {
		i := w.indicators[a.Indicator]
		lines = append(lines, "Chỉ số "+i.Code+". "+i.Title.VI, i.Question.VI)
		if text := w.narratives[a.Indicator]; text != "" {
			lines = append(lines, text)
		}
	}
	if p.Form != "csv" {
		for _, row := range w.rows(p) {
			lines = append(lines, strings.Join(row, "; "))
		}
	}
	return append(lines, w.city.Provenance.Note.VI)
}

// rows are the figures that were known when the document was issued.
func (w writer) rows(p *paper) [][]string {
	var rows [][]string
	for _, a := range p.Answers {
		for _, m := range w.figures[a.Indicator] {
			if m.Year < p.IssuedOn.Year() {
				rows = append(rows, []string{"Chỉ số " + a.Indicator, fmt.Sprintf("năm %d", m.Year),
					"kết quả " + comma(m.Value), "mục tiêu " + comma(m.Target), m.Source.VI})
			}
		}
	}
	return rows
}

// comma writes a figure as Vietnamese does.
func comma(d tracker.Decimal) string { return strings.ReplaceAll(d.String(), ".", ",") }

func table(lines []string, rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, line := range lines {
		_ = w.Write([]string{line}) // a buffer takes all
	}
	_ = w.WriteAll(rows)
	return b.Bytes()
}

// part is a file inside a document.
type part struct{ name, content string }

// archive is a ZIP of the parts, the same bytes each time.
func archive(parts ...part) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		method := zip.Deflate
		if p.name == "mimetype" {
			method = zip.Store // where programs look for it
		}
		// A buffer takes all, and the names are all right.
		to, _ := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: method})
		_, _ = to.Write([]byte(p.content))
	}
	_ = w.Close()
	return b.Bytes()
}

// paragraphs puts each line between the tags.
func paragraphs(lines []string, before, after string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(before)
		_ = xml.EscapeText(&b, []byte(line)) // a builder takes all
		b.WriteString(after)
	}
	return b.String()
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	packages  = "http://schemas.openxmlformats.org/package/2006/"
	documents = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
	wordML    = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	wordType  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	odfNames  = "urn:oasis:names:tc:opendocument:xmlns:"
	odtType   = "application/vnd.oasis.opendocument.text"
)

// docx is a document for Word.
func docx(lines []string) []byte {
	return archive(
		part{"[Content_Types].xml", xmlHead + `<Types xmlns="` + packages + `content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/word/document.xml" ContentType="` + wordType + `"/></Types>`},
		part{"_rels/.rels", xmlHead + `<Relationships xmlns="` + packages + `relationships">` +
			`<Relationship Id="rId1" Type="` + documents + `" Target="word/document.xml"/></Relationships>`},
		part{"word/document.xml", xmlHead + `<w:document xmlns:w="` + wordML + `"><w:body>` +
			paragraphs(lines, `<w:p><w:r><w:t>`, `</w:t></w:r></w:p>`) + `</w:body></w:document>`})
}

// odt is a document for LibreOffice.
func odt(lines []string) []byte {
	return archive(
		part{"mimetype", odtType},
		part{"content.xml", xmlHead + `<office:document-content xmlns:office="` + odfNames + `office:1.0" xmlns:text="` + odfNames +
			`text:1.0" office:version="1.3"><office:body><office:text>` + paragraphs(lines, `<text:p>`, `</text:p>`) +
			`</office:text></office:body></office:document-content>`},
		part{"META-INF/manifest.xml", xmlHead + `<manifest:manifest xmlns:manifest="` + odfNames +
			`manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="` + odtType +
			`"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`})
}
