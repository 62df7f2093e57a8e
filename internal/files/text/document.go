package text

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
)

// maxDepth of elements in one part of a document, in which a parser could be
// made to build much out of little.
const maxDepth = 200

// Which parts of a document have its words, in the order in which they are read.
var (
	wordParts  = partsOf(`word/document\.xml`, `word/footnotes\.xml`, `word/endnotes\.xml`, `word/(header|footer)\d*\.xml`)
	slideParts = partsOf(`ppt/slides/slide\d+\.xml`, `ppt/notesSlides/notesSlide\d+\.xml`)
	sheetParts = partsOf(`xl/sharedStrings\.xml`, `xl/worksheets/sheet\d+\.xml`)
	odfParts   = partsOf(`content\.xml`)
)

func partsOf(patterns ...string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, pattern := range patterns {
		all = append(all, regexp.MustCompile(`^`+pattern+`$`))
	}
	return all
}

// words says by the names of elements where words stand and what parts them.
type words struct{ in, gap map[string]bool }

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

var (
	openXMLWords = words{in: set("t"), gap: set("p", "tab", "br", "cr", "si", "is", "tc")}
	odfWords     = words{in: set("p", "h"), gap: set("p", "h", "tab", "s", "line-break")}
)

// inParts reads the parts of a document that is a ZIP of XML.
func (e *Extractor) inParts(parts []*regexp.Regexp, words words) reading {
	return func(_ context.Context, file *os.File, to *sink) error {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		// A broken list may point before the file, which a file takes for a fault of ours.
		archive, err := zip.NewReader(io.NewSectionReader(file, 0, info.Size()), info.Size())
		if err != nil {
			return err
		}
		for _, part := range parts {
			for _, entry := range matching(archive, part) {
				if err := readEntry(entry, e.maxPart, words, to); err != nil {
					return err
				}
				to.gap()
			}
		}
		return nil
	}
}

// matching sorts by length first: slide 10 comes after slide 9.
func matching(archive *zip.Reader, part *regexp.Regexp) []*zip.File {
	var all []*zip.File
	for _, entry := range archive.File {
		if part.MatchString(entry.Name) {
			all = append(all, entry)
		}
	}
	slices.SortFunc(all, func(a, b *zip.File) int {
		return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func readEntry(entry *zip.File, limit int64, words words, to *sink) (err error) {
	content, err := entry.Open()
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, content.Close()) }()
	limited := &io.LimitedReader{R: content, N: limit}
	err = readXML(limited, words, to)
	if limited.N == 0 { // there was more than is read: what was found counts
		to.more = true
		return nil
	}
	return err
}

var errDeep = errors.New("elements nested too deeply")

func readXML(r io.Reader, words words, to *sink) error {
	decoder := xml.NewDecoder(r)
	place := place{words: words, to: to}
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = cmp.Or(err, to.ctx.Err()); err != nil {
			return err
		}
		if err := place.take(token); err != nil {
			return err
		}
	}
}

// place is where in the XML the reading is.
type place struct {
	words         words
	to            *sink
	depth, inside int // inside how many elements, and how many of those with words
}

func (p *place) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > maxDepth {
			return errDeep
		}
		if p.words.in[token.Name.Local] {
			p.inside++
		}
	case xml.EndElement:
		p.depth--
		if p.words.in[token.Name.Local] {
			p.inside--
		}
		if p.words.gap[token.Name.Local] {
			p.to.gap()
		}
	case xml.CharData:
		if p.inside > 0 {
			return p.to.add(string(token))
		}
	}
	return nil
}
