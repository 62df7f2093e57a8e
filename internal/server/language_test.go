package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/locale"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
)

func TestLanguageIsRemembered(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "vi")))
	cookie := v.get(dashboard+"?lang=en").expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en"))).cookie(t, "language")
	equal(t, "cookie", cookie.Value+" "+cookie.Path, "en /")
	equal(t, "kept for a year", cookie.MaxAge, 365*24*60*60)
	v.get(list).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
	v.get("/nowhere").expect(http.StatusNotFound, says(tell(t, "error.not_found.title")))
	v.get(list + "?lang=vi")
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "vi")))
	v.keepCookie("language", "fr")
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "vi")))
}

// TestLanguageSurvivesARedirect: the home page and the way to sign in are
// redirects, and must not forget what was asked.
func TestLanguageSurvivesARedirect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(leader).get("/?lang=en").follow().expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
	s.visit().get(dashboard+"?lang=en").follow().expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
}

// TestUnknownLanguage falls back to the one that holds, and says so.
func TestUnknownLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for asked, shown := range map[string]string{"fr": "fr", "EN": "EN", "vi-VN": "vi-VN", "%00%3Cb%3E": "<b>", strings.Repeat("x", 4000): strings.Repeat("x", 60) + "…"} {
		v := s.as(leader)
		v.get(dashboard+"?lang="+asked).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "vi")),
			says(say(t, "shell.unknown_language", "language", shown)), htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "53/57")))
		equal(t, "remembered", v.cookie("language"), "")
		v.get("/cities?lang=en")
		v.get(dashboard+"?lang="+asked).expect(http.StatusOK, says(tell(t, "shell.unknown_language", "language", shown)))
	}
}

// TestWhoseLanguage: what was asked for, then remembered, then the person's
// own, then the installation's; never the browser's.
func TestWhoseLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *server.Options) { o.Language = locale.English })
	french := header("Accept-Language", "vi, fr;q=0.5")
	s.visit().get("/sign-in", french).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
	s.owner(`UPDATE account SET language = 'vi' WHERE email = $1`, staff)
	v := s.as(staff)
	v.get(dashboard, french).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "vi")))
	v.get(dashboard+"?lang=en").expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
}

// TestOtherLanguageLink: each page links to itself in the other language, also
// a page that a form brought.
func TestOtherLanguageLink(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(staff)
	for _, got := range []answer{
		v.get(dashboard + "?on=2024-08-13"), v.get(list + "?area=7&q=s%E1%BB%91"), v.get(entryPath("7.2.2")), v.get(entryPath("7.2.2") + "/narrative"),
		v.get("/nowhere"), v.get(dashboard + "?on=abc"), v.claim("7.2.2", "claim", "in_progress"), v.act("7.2.2", "submit"),
		v.post(entryPath("7.2.2")+"/claim", "version", "0", "claim", "achieved"), v.act("7.2.2", "withdraw"),
	} {
		other := got.page().First("#language")
		equal(t, got.at.String()+": hreflang", other.Attr("hreflang"), "en")
		there := v.get(other.Attr("href"))
		for there.status == http.StatusSeeOther {
			there = there.follow()
		}
		equal(t, got.at.String()+": an error of the link", there.status == http.StatusMethodNotAllowed || there.status >= 500, false)
		htmlcheck.Check(t, there.page(), htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
		v.get("/cities?lang=vi")
	}
}
