package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// oleMark begins the files of Office before 2007: a small file system of
// sectors, with a table that says which one follows which (MS-CFB).
const oleMark = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

const (
	oleHeader     = 512
	oleEntry      = 128
	oleEnd        = 0xfffffffa // and above: no sector
	oleMaxSectors = 20_000     // of the directory; 80,000 names
	oleInHeader   = 109        // places of the table that stand in the header
)

// ole reads the directory only, one sector at a time.
type ole struct {
	content io.ReaderAt
	sector  int64
	table   []uint32 // where the table of followers is
}

var errOLE = errors.New("not a compound file")

func openOLE(content io.ReaderAt) (*ole, []byte, error) {
	header, err := oleRead(content, 0, oleHeader)
	if err != nil {
		return nil, nil, err
	}
	if !bytes.HasPrefix(header, []byte(oleMark)) {
		return nil, nil, errOLE
	}
	shift := binary.LittleEndian.Uint16(header[30:])
	if shift != 9 && shift != 12 {
		return nil, nil, errOLE
	}
	o := &ole{content: content, sector: 1 << shift}
	for i := range oleInHeader {
		o.table = append(o.table, binary.LittleEndian.Uint32(header[76+4*i:]))
	}
	return o, header, o.readTable(binary.LittleEndian.Uint32(header[68:]))
}

// readTable goes on where the header's places are not enough, which takes a
// file of 7 MB.
func (o *ole) readTable(at uint32) error {
	perSector := int(o.sector/4) - 1
	for n := 0; at < oleEnd; n++ {
		if n > 1000 {
			return errOLE
		}
		places, err := o.read(at)
		if err != nil {
			return err
		}
		for i := range perSector {
			o.table = append(o.table, binary.LittleEndian.Uint32(places[4*i:]))
		}
		at = binary.LittleEndian.Uint32(places[4*perSector:])
	}
	return nil
}

// oleRead: a file that ends too early is no compound file.
func oleRead(content io.ReaderAt, offset, n int64) ([]byte, error) {
	b, err := readAt(content, offset, n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errOLE
	}
	return b, err
}

func (o *ole) read(sector uint32) ([]byte, error) {
	return oleRead(o.content, (int64(sector)+1)*o.sector, o.sector)
}

func (o *ole) next(sector uint32) (uint32, error) {
	perSector := uint32(o.sector / 4)
	if int(sector/perSector) >= len(o.table) || o.table[sector/perSector] >= oleEnd {
		return 0, errOLE
	}
	b, err := oleRead(o.content, (int64(o.table[sector/perSector])+1)*o.sector+int64(sector%perSector)*4, 4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

// names lists storages and streams in small letters.
func names(content io.ReaderAt) ([]string, error) {
	o, header, err := openOLE(content)
	if err != nil {
		return nil, err
	}
	var all []string
	at := binary.LittleEndian.Uint32(header[48:])
	for n := 0; at < oleEnd; n++ {
		if n > oleMaxSectors {
			return nil, errOLE
		}
		sector, err := o.read(at)
		if err != nil {
			return nil, err
		}
		for entry := range slices.Chunk(sector, oleEntry) {
			if name := oleName(entry); name != "" {
				all = append(all, name)
			}
		}
		if at, err = o.next(at); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// oleName is the name of an entry in use.
func oleName(entry []byte) string {
	length := int(binary.LittleEndian.Uint16(entry[64:]))
	if entry[66] == 0 || length < 2 || length > 64 {
		return ""
	}
	units := make([]uint16, length/2-1)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(entry[2*i:])
	}
	return strings.ToLower(string(utf16.Decode(units)))
}

// olePrograms are the storages that Office keeps programs in.
var olePrograms = []string{"macros", "vba", "_vba_project", "_vba_project_cur"}

func isProgram(name string) bool { return slices.Contains(olePrograms, name) }

// checkOLE is for doc, xls and ppt.
func checkOLE(f file, format format) (bool, error) {
	if !bytes.HasPrefix(f.head, []byte(oleMark)) {
		return false, refuse(Mismatch)
	}
	all, err := f.oleNames()
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(all, isProgram) {
		return false, refuse(Macros)
	}
	if slices.Contains(all, "encryptedpackage") {
		return false, refuse(Encrypted)
	}
	// Excel 5 called its main stream "Book".
	if !slices.Contains(all, format.main) && (format.main != "workbook" || !slices.Contains(all, "book")) {
		return false, refuse(Mismatch)
	}
	if format.kind == PowerPoint {
		return false, f.checkSlides()
	}
	return false, nil
}

func (f file) oleNames() ([]string, error) {
	all, err := names(f.content)
	if errors.Is(err, errOLE) {
		return nil, refuse(Damaged)
	}
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	return all, nil
}

// checkEncryptedOffice: a docx with a password is a compound file with the
// encrypted document in it.
func checkEncryptedOffice(f file) error {
	all, err := f.oleNames()
	if err != nil {
		return err
	}
	if slices.Contains(all, "encryptedpackage") {
		return refuse(Encrypted)
	}
	return refuse(Mismatch)
}

// slidesProgram begins the record of PowerPoint that tells of a program, which
// is compressed in the main stream and has no name of its own: the record's
// kind and length, then a number, then 1 if there is one.
const slidesProgram = "\x02\x00\x00\x04\x0c\x00\x00\x00"

func (f file) checkSlides() error {
	const record = len(slidesProgram) + 8
	overlap := make([]byte, 0, edgeSize+record)
	all := contextReader{f.ctx, io.NewSectionReader(f.content, 0, f.size)}
	for buffer := make([]byte, edgeSize); ; {
		n, err := io.ReadFull(all, buffer)
		overlap = append(overlap, buffer[:n]...)
		for rest := overlap; ; {
			at := bytes.Index(rest, []byte(slidesProgram))
			if at < 0 || at+record > len(rest) {
				break
			}
			if rest[at+len(slidesProgram)+4] == 1 {
				return refuse(Macros)
			}
			rest = rest[at+1:]
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("inspect: %w", err)
		}
		overlap = append(overlap[:0], overlap[max(0, len(overlap)-record):]...)
	}
}

// checkEmbedded looks at an object in a document, such as a formula or a sheet.
func (f file) checkEmbedded() error {
	all, err := f.oleNames()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, isProgram) {
		return refuse(Macros)
	}
	return nil
}
