package inspect

// format is a type of file that is taken.
type format struct {
	kind      Kind
	mediaType string
	check     func(f file, format format) (encrypted bool, err error)
	main      string // OOXML: the type of the main part; OLE: the name of the main stream
}

const (
	openXML = "application/vnd.openxmlformats-officedocument."
	odf     = "application/vnd.oasis.opendocument."
)

// formats are the types that are taken, by extension. A format has one entry
// for each of its extensions.
var formats map[string]format

func init() { // a table of functions that look things up in it
	formats = map[string]format{
		".pdf":  {kind: PDF, mediaType: "application/pdf", check: checkPDF},
		".docx": {kind: Word, mediaType: openXML + "wordprocessingml.document", check: checkOpenXML, main: openXML + "wordprocessingml.document.main+xml"},
		".xlsx": {kind: Excel, mediaType: openXML + "spreadsheetml.sheet", check: checkOpenXML, main: openXML + "spreadsheetml.sheet.main+xml"},
		".pptx": {kind: PowerPoint, mediaType: openXML + "presentationml.presentation", check: checkOpenXML, main: openXML + "presentationml.presentation.main+xml"},
		".doc":  {kind: Word, mediaType: "application/msword", check: checkOLE, main: "worddocument"},
		".xls":  {kind: Excel, mediaType: "application/vnd.ms-excel", check: checkOLE, main: "workbook"},
		".ppt":  {kind: PowerPoint, mediaType: "application/vnd.ms-powerpoint", check: checkOLE, main: "powerpoint document"},
		".odt":  {kind: OpenDocument, mediaType: odf + "text", check: checkODF},
		".ods":  {kind: OpenDocument, mediaType: odf + "spreadsheet", check: checkODF},
		".odp":  {kind: OpenDocument, mediaType: odf + "presentation", check: checkODF},
		".jpg":  {kind: Image, mediaType: "image/jpeg", check: checkMagic},
		".jpeg": {kind: Image, mediaType: "image/jpeg", check: checkMagic},
		".png":  {kind: Image, mediaType: "image/png", check: checkMagic},
		".webp": {kind: Image, mediaType: "image/webp", check: checkMagic},
		".gif":  {kind: Image, mediaType: "image/gif", check: checkMagic},
		".txt":  {kind: Text, mediaType: "text/plain", check: checkText},
		".csv":  {kind: Text, mediaType: "text/csv", check: checkText},
		".zip":  {kind: Archive, mediaType: "application/zip", check: checkArchive},
	}
}

// Extensions lists what is taken, for a form's accept attribute, in no order.
func Extensions() []string {
	all := make([]string, 0, len(formats))
	for extension := range formats {
		all = append(all, extension)
	}
	return all
}

// refusedExtensions are refused with a better reason than that they are not on the list.
var refusedExtensions = map[string]Reason{
	".docm": Macros, ".dotm": Macros, ".xlsm": Macros, ".xltm": Macros, ".xlam": Macros, ".xlsb": Macros,
	".pptm": Macros, ".potm": Macros, ".ppsm": Macros, ".ppam": Macros, ".sldm": Macros,
	".exe": Executable, ".dll": Executable, ".com": Executable, ".scr": Executable, ".msi": Executable,
	".cpl": Executable, ".jar": Executable, ".apk": Executable, ".app": Executable, ".deb": Executable,
	".rpm": Executable, ".lnk": Executable, ".pif": Executable, ".so": Executable, ".wasm": Executable,
	".js": Script, ".mjs": Script, ".vbs": Script, ".vbe": Script, ".jse": Script, ".wsf": Script, ".hta": Script,
	".ps1": Script, ".bat": Script, ".cmd": Script, ".sh": Script, ".py": Script, ".php": Script, ".pl": Script,
	".rb": Script, ".reg": Script,
	".svg": SVG, ".svgz": SVG,
	".html": HTML, ".htm": HTML, ".xhtml": HTML, ".xht": HTML, ".mht": HTML, ".mhtml": HTML, ".shtml": HTML,
}

// signs are beginnings of text, in small letters.
var signs = []struct {
	prefix string
	why    Reason
}{
	{"#!", Script}, {"<?php", Script}, {"<%", Script}, {"@echo off", Script}, {"<script", Script},
	{"<svg", SVG}, {"<!doctype svg", SVG},
	{"<!doctype html", HTML}, {"<html", HTML}, {"<head", HTML}, {"<body", HTML}, {"<iframe", HTML}, {"<meta", HTML},
	{"mime-version:", HTML},
}

var dangerousTypes = []struct {
	why   Reason
	types []string
}{
	{Executable, []string{"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-executable",
		"application/x-sharedlib", "application/x-object", "application/x-mach-binary", "application/wasm", "application/jar",
		"application/x-java-applet", "application/vnd.android.package-archive", "application/vnd.android.dex",
		"application/vnd.debian.binary-package", "application/x-rpm", "application/x-ms-installer", "application/x-ms-shortcut"}},
	{Script, []string{"text/javascript", "text/x-php", "text/x-python", "text/x-perl", "text/x-lua", "text/x-tcl", "text/x-ruby", "text/x-shellscript"}},
	{SVG, []string{"image/svg+xml"}},
	{HTML, []string{"text/html"}},
}
