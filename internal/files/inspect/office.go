package inspect

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

const (
	contentTypes = "[Content_Types].xml"
	odfType      = "mimetype"
)

// checkOpenXML is for docx, xlsx and pptx: a ZIP whose list of types names the
// main part, and no program.
func checkOpenXML(f file, format format) (bool, error) {
	if bytes.HasPrefix(f.head, []byte(oleMark)) {
		return false, checkEncryptedOffice(f)
	}
	archive, err := f.openDocument()
	if err != nil {
		return false, err
	}
	if err := checkTypes(archive, format.main); err != nil {
		return false, err
	}
	for _, entry := range archive.File {
		if openXMLProgram(strings.ToLower(entry.Name)) {
			return false, &Refusal{Reason: Macros, Entry: entry.Name}
		}
	}
	return false, f.unpack(archive, func(entry *zip.File, content io.Reader) error {
		if !strings.HasPrefix(path.Base(strings.ToLower(entry.Name)), "oleobject") {
			return nil
		}
		return f.unpacked(content, func(within file) error { return within.checkEmbedded() })
	})
}

// openDocument opens a ZIP that is a document.
func (f file) openDocument() (*zip.Reader, error) {
	if !bytes.HasPrefix(f.head, []byte("PK\x03\x04")) {
		return nil, refuse(Mismatch)
	}
	return f.openZip()
}

// openXMLProgram goes by the names that Office itself gives.
func openXMLProgram(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "vbaproject") || strings.HasPrefix(base, "vbadata") ||
		strings.Contains(name, "/macrosheets/") || strings.Contains(name, "/dialogsheets/") || strings.Contains(name, "/activex/") ||
		refusedExtensions[path.Ext(base)] != ""
}

// checkTypes reads the list of types. Everything that it says is a program is
// refused; the main part must be the one of the extension.
func checkTypes(archive *zip.Reader, main string) error {
	list, err := part(find(archive, contentTypes))
	if err != nil {
		return err
	}
	found := false
	for decoder := xml.NewDecoder(bytes.NewReader(list)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &Refusal{Reason: Damaged, Entry: contentTypes}
		}
		element, is := token.(xml.StartElement)
		if !is {
			continue
		}
		kind := strings.ToLower(attribute(element, "ContentType"))
		if strings.Contains(kind, "macro") || strings.Contains(kind, "vba") || strings.Contains(kind, "activex") {
			return refuse(Macros)
		}
		found = found || kind == main
	}
	if !found {
		return refuse(Mismatch)
	}
	return nil
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// checkODF is for OpenDocument: a ZIP whose entry "mimetype" says which.
func checkODF(f file, format format) (bool, error) {
	archive, err := f.openDocument()
	if err != nil {
		return false, err
	}
	kind, err := part(find(archive, odfType))
	if err != nil {
		return false, err
	}
	if strings.TrimSpace(string(kind)) != format.mediaType {
		return false, refuse(Mismatch)
	}
	for _, entry := range archive.File {
		name := strings.ToLower(entry.Name)
		if !strings.HasSuffix(name, "/") && (strings.Contains("/"+name, "/basic/") || strings.Contains("/"+name, "/scripts/")) {
			return false, &Refusal{Reason: Macros, Entry: entry.Name}
		}
	}
	list, err := part(find(archive, "META-INF/manifest.xml"))
	if err != nil {
		return false, err
	}
	if bytes.Contains(list, []byte("encryption-data")) {
		return false, refuse(Encrypted)
	}
	return false, f.unpack(archive, func(*zip.File, io.Reader) error { return nil })
}
