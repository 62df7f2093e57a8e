// Package static holds what a browser fetches besides pages: styles, scripts,
// fonts and the icon, under addresses that change with their contents.
//
// It must not know any page, and it must not serve anything that is not part
// of the program; evidence has a way of its own.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"sync"
)

//go:embed css/*.css fonts/*.woff2 vendor/htmx.min.js app.js events.js upload.js icon.svg
var files embed.FS

// prefix is where the handler is mounted.
const prefix = "/static/"

// styles lists the parts of app.css. The order of the cascade is fixed by the
// layers that tokens.css declares, the order here only by what reads well.
var styles = []string{
	"css/tokens.css", "css/base.css", "css/layout.css", "css/parts.css", "css/forms.css",
	"css/figures.css", "css/entries.css", "css/evidence.css", "css/reviews.css", "css/threads.css", "css/audit.css", "css/modes.css", "css/print.css",
}

var fonts = []string{
	"be-vietnam-pro-latin-400.woff2", "be-vietnam-pro-latin-600.woff2",
	"be-vietnam-pro-vietnamese-400.woff2", "be-vietnam-pro-vietnamese-600.woff2",
}

// catalogue is built at the first use, so that commands which serve no pages
// do not pay for it.
var catalogue = sync.OnceValue(build)

// URL returns the address of a file by its plain name: app.css, app.js,
// events.js, upload.js, htmx.js, icon.svg or a font. A name that does not exist gets an address that
// answers 404; a test finds it.
func URL(name string) string {
	if a, ok := catalogue().byName[name]; ok {
		return a.url
	}
	return prefix + name
}

type assets struct {
	byName, byURL map[string]*asset
}

func build() assets {
	all := assets{byName: map[string]*asset{}, byURL: map[string]*asset{}}
	for _, name := range fonts {
		all.add(name, read("fonts/"+name))
	}
	all.add("app.css", all.stylesheet())
	all.add("app.js", read("app.js"))
	all.add("events.js", read("events.js"))
	all.add("upload.js", read("upload.js"))
	all.add("htmx.js", read("vendor/htmx.min.js"))
	all.add("icon.svg", read("icon.svg"))
	return all
}

// add takes a file in under its hashed address. 10 hex digits are enough: two
// versions of one file are never served together.
func (all assets) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	url := fmt.Sprintf("%s%s.%s%s", prefix, strings.TrimSuffix(name, ext), hex.EncodeToString(sum[:5]), ext)
	a := newAsset(url, ext, body)
	all.byName[name], all.byURL[url] = a, a
}

// stylesheet joins the styles and puts the fonts' hashed addresses in.
func (all assets) stylesheet() []byte {
	var css bytes.Buffer
	for _, name := range styles {
		css.Write(read(name))
	}
	text := css.Bytes()
	for _, name := range fonts {
		text = bytes.ReplaceAll(text, []byte("url("+name+")"), []byte("url("+all.byName[name].url+")"))
	}
	return text
}

// read cannot fail: the names are constants and the files are in the program.
func read(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic("static: " + err.Error())
	}
	return data
}
