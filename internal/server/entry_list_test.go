package server_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/catalogue"
	"learningcity/internal/server/htmlcheck"
)

const list = dashboard + "/indicators"

// codes are the indicators that the page lists, in its order.
func codes(page htmlcheck.Node) []string { return page.Values("[data-indicator]", "data-indicator") }

func TestListHoldsEveryIndicator(t *testing.T) {
	t.Parallel()
	framework, err := catalogue.Framework()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, place := range framework.Places() {
		want = append(want, place.Indicator.Code)
	}
	got := codes(newSite(t).as(leader).get(list).expect(http.StatusOK).page())
	if len(want) != 57 || !slices.Equal(got, want) {
		t.Errorf("%d rows: %q; want %d: %q", len(got), got, len(want), want)
	}
}

// busyDay is one on which entries stand in many ways: one is overdue, and most
// are achieved.
const busyDay = "on=2024-12-19"

// TestFiltersDivideTheList: the values of a filter divide the list. Each
// indicator is in exactly one of them.
func TestFiltersDivideTheList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.mix()
	v := s.as(leader)
	for _, when := range []string{"", busyDay} {
		for key, count := range map[string]int{"claim": 3, "verdict": 4, "group": 3, "area": 12, "department": 10, "state": 2} {
			values := valuesOf(t, v, key, count)
			var all []string
			for _, value := range values {
				all = append(all, codes(v.get(list+"?"+when+"&"+key+"="+value).expect(http.StatusOK).page())...)
			}
			slices.Sort(all)
			equal(t, when+": rows of all values of "+key, len(all), 57)
			equal(t, when+": indicators in all values of "+key, len(slices.Compact(all)), 57)
		}
	}
}

// valuesOf reads the values of a filter off the list's links. "Changed" is
// left out: its rows are achieved too.
func valuesOf(t *testing.T, v *visitor, key string, want int) []string {
	t.Helper()
	var values []string
	for _, href := range v.get(list).page().Values(".filters a", "href") {
		u, err := url.Parse(href)
		if err != nil {
			t.Fatal(err)
		}
		if value := u.Query().Get(key); value != "" && value != "changed" {
			values = append(values, value)
		}
	}
	if len(values) != want {
		t.Fatalf("%s has the values %q; want %d", key, values, want)
	}
	return values
}

// TestFilters: what single values choose, compared with rows chosen by hand.
func TestFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.mix()
	v := s.as(leader)
	for query, want := range map[string][]string{
		"verdict=awaiting":               {"1.2.1", "7.2.2"},
		"verdict=returned":               {"9.3.1"},
		"state=open":                     {"1.2.1", "1.2.2", "1.3.1", "2.1.2", "7.2.2", "9.3.1", "12.1.2", "12.3.1"},
		"state=changed":                  {"8.3.1", "12.1.1"},
		"claim=not_started":              {"12.3.1"},
		"claim=in_progress":              {"1.2.2", "1.3.1", "2.1.2"},
		"claim=achieved&verdict=none":    {"12.1.2"},
		"department=CUL&state=achieved":  {"2.4.1", "2.5.1", "5.3.1", "7.2.1"},
		"group=C&state=open":             {"12.1.2", "12.3.1"},
		"area=7":                         {"7.1.1", "7.2.1", "7.2.2"},
		"area=7&department=EDU":          {"7.1.1"},
		"area=7&group=A":                 nil,
		"overdue=yes":                    nil,
		"overdue=yes&" + busyDay:         {"4.5.2"},
		"overdue=yes&on=2024-12-18":      nil, // the due date itself
		"overdue=yes&on=2024-12-20":      nil, // achieved on this day
		"q=7.2":                          {"7.2.1", "7.2.2"},
		"q=thu+vien+so&verdict=awaiting": {"7.2.2"},
		"on=2024-05-05&claim=achieved&department=EDU&area=4": {"4.1.1", "4.2.2"},
	} {
		got := codes(v.get(list + "?" + query).expect(http.StatusOK).page())
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q; want %q", query, got, want)
		}
	}
}

// TestFiltersCombine: two filters let through what both let through.
func TestFiltersCombine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	filters := []string{
		"group=B", "area=4", "area=12", "claim=in_progress", "claim=achieved", "verdict=accepted", "verdict=none",
		"department=EDU", "state=open", "state=achieved", "overdue=yes", "q=ty+le",
	}
	rows := map[string][]string{}
	for _, f := range filters {
		rows[f] = codes(v.get(list + "?" + busyDay + "&" + f).page())
	}
	for i, a := range filters {
		for _, b := range filters[i+1:] {
			if strings.HasPrefix(a, b[:4]) {
				continue // two values of one filter
			}
			want := slices.DeleteFunc(slices.Clone(rows[a]), func(code string) bool { return !slices.Contains(rows[b], code) })
			got := codes(v.get(list + "?" + busyDay + "&" + a + "&" + b).expect(http.StatusOK).page())
			if !slices.Equal(got, want) {
				t.Errorf("%s and %s: %q; want %q", a, b, got, want)
			}
		}
	}
}

// TestUnknownFilter: a value that does not exist is named in a sentence, and
// the other filters hold.
func TestUnknownFilter(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	for _, tt := range []struct{ key, value, shown string }{
		{"claim", "done", "done"}, {"verdict", "maybe", "maybe"}, {"group", "Z", "Z"}, {"area", "13", "13"},
		{"department", "cul", "cul"}, {"state", "best", "best"}, {"overdue", "no", "no"},
		{"claim", "<b>\x00", "<b>"}, {"area", "7\xff", "7"}, {"group", strings.Repeat("ệ", 100), strings.Repeat("ệ", 60) + "…"},
	} {
		got := v.get(list+"?q=7.2&"+url.Values{tt.key: {tt.value}}.Encode()).expect(http.StatusUnprocessableEntity,
			says(say(t, "entry_list.error.filter", "filter", say(t, "entry_list.filter."+tt.key), "value", tt.shown)))
		if rows := codes(got.page()); !slices.Equal(rows, []string{"7.2.1", "7.2.2"}) {
			t.Errorf("%s=%s: %q", tt.key, tt.value, rows)
		}
	}
	v.get(list+"?lang=en&area=13&group=Z").expect(http.StatusUnprocessableEntity,
		says(tell(t, "entry_list.error.filter", "filter", tell(t, "entry_list.filter.area"), "value", "13")),
		says(tell(t, "entry_list.error.filter", "filter", tell(t, "entry_list.filter.group"), "value", "Z")),
		htmlcheck.Count("[data-indicator]", 57))
}

// TestSearch ignores accents, case, the way in which accents are coded, and
// the order of words; what was typed stays in the field.
func TestSearch(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	const decomposed = "thu\u031b vie\u0323\u0302n so\u0302\u0301"
	for _, tt := range []struct{ typed, kept, code string }{
		{"thu vien so", "thu vien so", "7.2.2"},
		{"thư viện số", "thư viện số", "7.2.2"},
		{decomposed, "thư viện số", "7.2.2"},
		{"THƯ VIỆN SỐ", "THƯ VIỆN SỐ", "7.2.2"},
		{"  so   vien thu ", "so   vien thu", "7.2.2"},
		{"digital libraries", "digital libraries", "7.2.2"},
		{"7.2.2", "7.2.2", "7.2.2"},
		{"di san", "di san", "5.3.1"},
		{"Đ", "Đ", "7.2.2"},
		{"dien đàn", "dien đàn", ""},
		{"x\x00\xffyz", "xyz", ""},
		{strings.Repeat("ệ", 100_000), strings.Repeat("ệ", 200), ""},
	} {
		page := v.get(list+"?"+url.Values{"q": {tt.typed}}.Encode()).expect(http.StatusOK,
			htmlcheck.In(`input[name="q"]`, htmlcheck.HasAttr("value", tt.kept))).page()
		found := codes(page)
		if tt.code == "" && len(found) != 0 || tt.code != "" && !slices.Contains(found, tt.code) {
			t.Errorf("%.30q finds %q; want %q", tt.typed, found, tt.code)
		}
	}
}

// TestFilterLinksKeepTheRest: a link of one filter keeps the others, the
// search and the day.
func TestFilterLinksKeepTheRest(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	page := v.get(list + "?on=2024-12-19&assessment=1&area=7&q=th%C6%B0+vi%E1%BB%87n").page()
	links := page.Values(".filters a", "href")
	if len(links) < 40 {
		t.Fatalf("%d links", len(links))
	}
	for _, href := range links {
		u, err := url.Parse(href)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		equal(t, href+": day", q.Get("on"), "2024-12-19")
		equal(t, href+": assessment", q.Get("assessment"), "1")
		equal(t, href+": search", q.Get("q"), "thư viện")
		v.get(href).expect(http.StatusOK)
	}
}
