package inspect

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf16"
)

// entry is a file to put into a ZIP.
type entry struct{ name, content string }

func zipOf(entries ...entry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		method := zip.Deflate
		if e.name == odfType || len(e.content) < 2 {
			method = zip.Store
		}
		part, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err != nil {
			panic(err)
		}
		if _, err := part.Write([]byte(e.content)); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// typesOf is an OOXML file's list of types with these types.
func typesOf(kinds ...string) entry {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`)
	for _, kind := range kinds {
		b.WriteString(`<Override PartName="/main.xml" ContentType="` + kind + `"/>`)
	}
	b.WriteString(`</Types>`)
	return entry{contentTypes, b.String()}
}

const (
	docxMain = openXML + "wordprocessingml.document.main+xml"
	xlsxMain = openXML + "spreadsheetml.sheet.main+xml"
	pptxMain = openXML + "presentationml.presentation.main+xml"
)

func docx(more ...entry) []byte {
	return zipOf(append([]entry{typesOf(docxMain), {"word/document.xml", "<document/>"}}, more...)...)
}

func odfOf(kind string, more ...entry) []byte {
	return zipOf(append([]entry{{odfType, odf + kind}, {"content.xml", "<c/>"}, {"META-INF/manifest.xml", "<manifest/>"}}, more...)...)
}

// oleOf is a compound file with these names in its directory, each empty.
func oleOf(names ...string) []byte {
	const sector = 512
	entries := append([]string{"Root Entry"}, names...)
	sectors := (len(entries) + 3) / 4
	b := make([]byte, sector*(2+sectors))
	copy(b, oleMark)
	le := binary.LittleEndian
	le.PutUint16(b[30:], 9)
	le.PutUint32(b[44:], 1)
	le.PutUint32(b[48:], 1) // the directory begins in sector 1
	le.PutUint32(b[68:], 0xfffffffe)
	for i := range oleInHeader {
		le.PutUint32(b[76+4*i:], 0xffffffff)
	}
	le.PutUint32(b[76:], 0) // the table is sector 0
	for i := range sector / 4 {
		le.PutUint32(b[sector+4*i:], 0xffffffff)
	}
	le.PutUint32(b[sector:], 0xfffffffd)
	for i := range sectors {
		next := uint32(i + 2)
		if i == sectors-1 {
			next = 0xfffffffe
		}
		le.PutUint32(b[sector+4*(i+1):], next)
	}
	for i, name := range entries {
		at := b[2*sector+i*oleEntry:]
		for j, unit := range utf16.Encode([]rune(name)) {
			le.PutUint16(at[2*j:], unit)
		}
		le.PutUint16(at[64:], uint16(2*len(name)+2))
		at[66] = 2
	}
	return b
}

// farOLE has the second half of its directory behind 7 MB, where the header has
// no place for the table any more.
func farOLE(names ...string) []byte {
	const sector, far = 512, oleInHeader*128 + 5
	near := oleOf(names...)
	b := make([]byte, sector*(far+2))
	copy(b, near[:3*sector])
	copy(b[sector*(far+1):], near[3*sector:])
	le := binary.LittleEndian
	le.PutUint32(b[68:], 2)           // the table goes on in sector 2,
	le.PutUint32(b[sector+4*1:], far) // sector 1 is followed by the far one,
	le.PutUint32(b[3*sector:], 3)     // of which sector 3 tells
	le.PutUint32(b[4*sector-4:], 0xfffffffe)
	le.PutUint32(b[4*sector+4*5:], 0xfffffffe)
	return b
}

// symlink is a ZIP with a link out of its folder.
func symlink() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "a.txt"}
	header.SetMode(fs.ModeSymlink | 0o777)
	part, err := w.CreateHeader(header)
	if err == nil {
		_, err = part.Write([]byte("../../secret"))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func picture(t testing.TB, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewPaletted(image.Rect(0, 0, 4, 4), nil)
	img.Palette = append(img.Palette, image.Black.C)
	encode := map[string]func() error{
		"png":  func() error { return png.Encode(&b, img) },
		"jpeg": func() error { return jpeg.Encode(&b, img, nil) },
		"gif":  func() error { return gif.Encode(&b, img, nil) },
	}[format]
	if err := encode(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// utf16Of is text as Windows saves it as "Unicode".
func utf16Of(text string, order binary.AppendByteOrder) []byte {
	b := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// flagged sets the bit of encryption of every entry, in both places.
func flagged(archive []byte) []byte {
	b := bytes.Clone(archive)
	for at := 0; at+10 < len(b); at++ {
		switch string(b[at : at+4]) {
		case "PK\x03\x04":
			b[at+6] |= 1
		case "PK\x01\x02":
			b[at+8] |= 1
		}
	}
	return b
}

const (
	pdfText = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
	lockPDF = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R/Encrypt 5 0 R>>\nstartxref\n9\n%%EOF\n"
	webp    = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
)
