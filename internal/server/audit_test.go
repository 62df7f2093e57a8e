package server_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

const (
	cityAudit = dashboard + "/audit"
	ownAudit  = "/account/audit"
)

// acts are the acts on a page: who, what, from where and what changed.
func acts(a answer) []string {
	var lines []string
	for _, act := range a.page().All(".act") {
		line := act.First("time").Text()
		for _, words := range act.All(".act__what p") {
			line += " " + words.Text()
		}
		line += " " + act.First(".act__from .muted").Text()
		for _, change := range act.All(".act__changes div") {
			line += " | " + change.First("dt").Text() + ": " + change.First("dd").Text()
		}
		lines = append(lines, line)
	}
	return lines
}

// TestCityAuditPage: an act shows to the coordinator at once, in words.
func TestCityAuditPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(staff).claim("9.3.1", "claim", "achieved", "then", "submit")
	name := ask[string](s, `SELECT name FROM account WHERE email = $1`, staff)
	got := s.as(coordinator).get(cityAudit+"?from=2025-03-10").expect(http.StatusOK,
		htmlcheck.In(".chips a[aria-current]", htmlcheck.HasText(say(t, "shell.audit"))), htmlcheck.In("h2", htmlcheck.HasText("10/03/2025")),
		htmlcheck.In(`.act__what a[href="/cities/ha-long/indicators/9.3.1?assessment=1"]`, htmlcheck.HasText("9.3.1")))
	want := []string{
		"12:00:00 " + name + " " + staff + " Gửi thẩm định chỉ số 9.3.1 (đợt 1) từ 192.0.2.7 | Kết quả thẩm định: Chưa gửi thẩm định → đổi thành Chờ thẩm định",
		"12:00:00 " + name + " " + staff + " Thay đổi tự đánh giá chỉ số 9.3.1 (đợt 1) từ 192.0.2.7 | Tự đánh giá: Đang thực hiện → đổi thành Đạt",
	}
	if lines := acts(got); !slices.Equal(lines, want) {
		t.Errorf("acts %q,\nwant %q", lines, want)
	}
	english := s.as(coordinator).get(cityAudit + "?from=2025-03-10&act=submit&lang=en")
	want = []string{"12:00:00 " + name + " " + staff + " Submitted indicator 9.3.1 (assessment 1) for review from 192.0.2.7 | Verdict: Not submitted → became Awaiting review"}
	if lines := acts(english); !slices.Equal(lines, want) {
		t.Errorf("in English %q,\nwant %q", lines, want)
	}
	s.as(leader).get(departments).expect(http.StatusOK, htmlcheck.Count(`a[href="/cities/ha-long/audit"]`, 0))
}

// TestAuditOfManagement: what was before and what came after, in words.
func TestAuditOfManagement(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.post(departments, "name_vi", "Ban Một", "name_en", "Board One", "code", "ONE").redirects(departments)
	v.post(departments+"/ONE/rename", "version", "1", "name_vi", "Ban Hai", "name_en", "Board One").redirects(departments)
	v.post(departments+"/ONE/retire", "version", "2").redirects(departments)
	v.post(assessments+"/1/close", "version", "1", "note", "Sáp nhập").redirects(assessments + "/1/submission")
	name := ask[string](s, `SELECT name || ' ' || email FROM account WHERE email = $1`, coordinator)
	want := []string{
		"12:00:00 " + name + " Đóng đợt tự đánh giá số 1 từ 192.0.2.7 | Ngày đóng: 10/03/2025 | Ghi chú: Sáp nhập",
		"12:00:00 " + name + " Cho đơn vị phụ trách ONE ngừng hoạt động từ 192.0.2.7 | Số chỉ số được chuyển: 0 | Số lời mời được chuyển: 0 | " +
			"Số thành viên được chuyển: 0 | Ngừng hoạt động từ ngày: 10/03/2025 | Nhiệm vụ được chuyển: 0",
		"12:00:00 " + name + " Đổi tên đơn vị phụ trách ONE từ 192.0.2.7 | Tên tiếng Việt: Ban Một → đổi thành Ban Hai",
		"12:00:00 " + name + " Thêm đơn vị phụ trách ONE từ 192.0.2.7 | Tên tiếng Anh: Board One | Tên tiếng Việt: Ban Một",
	}
	if lines := acts(v.get(cityAudit + "?from=2025-03-10")); !slices.Equal(lines, want) {
		t.Errorf("acts %q,\nwant %q", lines, want)
	}
}

// TestAuditWords: whatever the record holds, also what this program does not
// know, is shown in words that fit.
func TestAuditWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, row := range []struct{ act, subject, before, after, want string }{
		{"record_measurement", "entry 1/1.1.1", `null`, `{"year":"2024","value":"1234.5","target":"40","source":"=x"}`,
			"Ghi số liệu của chỉ số 1.1.1 (đợt 1) | Năm: 2024 | Giá trị: 1.234,5 | Mục tiêu: 40 | Nguồn số liệu: =x"},
		{"accept", "entry 1/1.1.1", `{"claim":"achieved","verdict":"accepted","changed":true}`, `{"claim":"achieved","verdict":"accepted","effective_on":"2025-03-09"}`,
			"Chấp nhận kết quả tự đánh giá chỉ số 1.1.1 (đợt 1) | Có thay đổi sau khi chấp nhận: Có → đổi thành để trống | Ngày hiệu lực: 09/03/2025"},
		{"edit_narrative", "entry 1/1.1.1", `{"Narrative":"` + strings.Repeat("ệ", 300) + `"}`, `{"Narrative":"<b>"}`,
			"Sửa thuyết minh chỉ số 1.1.1 (đợt 1) | Thuyết minh: " + strings.Repeat("ệ", 200) + "… → đổi thành <b>"},
		{"open_assessment", "assessment 2", `null`, `{"ID":1,"Number":2,"NeedsReview":false,"OpenedOn":"2025-01-06"}`,
			"Mở đợt tự đánh giá số 2 | Cần thẩm định: Không | Số thứ tự: 2 | Ngày mở: 06/01/2025"},
		{"end_sessions", "session", `null`, `{"ended":3}`, "Kết thúc phiên đăng nhập khác | Số phiên đăng nhập đã kết thúc: 3"},
		{"withdraw_password_link", "account an@halong.vn", `null`, `{"made_by":"ba@halong.vn"}`,
			"Thu hồi đường dẫn đặt mật khẩu mới của an@halong.vn | Người tạo: ba@halong.vn"},
		{"accept_audit_head", "audit", `{"seals":9,"row":9,"seal":"0a"}`, `{"seals":5,"row":6,"seal":"0b"}`,
			"Chấp nhận điểm cuối hiện có của nhật ký thay cho điểm cuối đã lưu | Dòng cuối: 9 → đổi thành 6 | Dấu niêm phong: 0a → đổi thành 0b | Số dòng đã niêm phong: 9 → đổi thành 5"},
		{"fly", "moon x", `null`, `{"Height":3}`, "fly: moon x | height: 3"},
	} {
		s.owner(`INSERT INTO audit (city_id, act, subject, before, after, recorded_at, request_id, address)
			SELECT id, $1, $2, $3, $4, '2025-03-10 12:00+07', '', '' FROM city WHERE slug = 'ha-long'`, row.act, row.subject, row.before, row.after)
		got := acts(s.as(coordinator).get(cityAudit + "?from=2025-03-10"))
		want := "12:00:00 Người vận hành máy chủ (dòng lệnh) " + strings.Replace(row.want, " | ", " từ máy chủ | ", 1)
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s: %q,\nwant %q", row.act, got[:1], want)
		}
	}
}

// TestAuditFilterInTheAddress: the page shows what the address chooses, keeps
// it in the form, and carries it to the older acts and to the table.
func TestAuditFilterInTheAddress(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(coordinator)
	got := v.get(cityAudit+"?indicator=7.2.2&to=2025-01-31").expect(http.StatusOK,
		htmlcheck.In(`[name="indicator"]`, htmlcheck.HasAttr("value", "7.2.2")), htmlcheck.In(`[name="to"]`, htmlcheck.HasAttr("value", "2025-01-31")),
		htmlcheck.In(`a[download]`, htmlcheck.HasAttr("href", cityAudit+".csv?indicator=7.2.2&to=2025-01-31")))
	for _, act := range got.page().All(".act__what") {
		if !strings.Contains(act.Text(), "7.2.2") {
			t.Errorf("%q is not about 7.2.2", act.Text())
		}
	}
	if len(acts(got)) == 0 {
		t.Error("nothing was found")
	}
	person := v.get(cityAudit + "?indicator=7.2.2").page().First(".act__who a").Attr("href")
	if lines := acts(v.get(person)); len(lines) == 0 {
		t.Errorf("%s shows nobody's acts", person)
	}
	v.get(cityAudit+"?person=operator").expect(http.StatusOK, htmlcheck.In(`[name="person"] [selected]`, htmlcheck.HasAttr("value", "operator")))
	v.get(cityAudit+"?from=2025-03-10&indicator=1.1.1").expect(http.StatusOK, says(say(t, "audit_list.none.title")))
}

// TestAuditPagesGoBack from the newest act to the first, by links.
func TestAuditPagesGoBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	total, next, pages := 0, cityAudit, 0
	for next != "" && pages < 100 {
		got := v.get(next)
		got.expect(http.StatusOK)
		total, pages, next = total+len(acts(got)), pages+1, ""
		if older := got.page().All(`a[rel="next"]`); len(older) == 1 {
			next = older[0].Attr("href")
			equal(t, "acts on a page", len(acts(got)), 50)
		}
	}
	equal(t, "acts", total, ask[int](s, `SELECT count(*) FROM audit WHERE city_id IS NOT NULL`))
	if pages < 3 {
		t.Errorf("%d pages show nothing", pages)
	}
}

// TestAuditFilterRefused: what makes no sense does not restrict, and the page says so.
func TestAuditFilterRefused(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(coordinator)
	for query, key := range map[string]string{
		"person=0": "person", "person=x": "person", "person=-1": "person", "act=fly": "act", "from=2025-02-30": "from", "to=x": "to",
		"from=2025-02-02&to=2025-02-01": "days", "before=x": "before", "before=1.2.3": "before", "before=-1.5": "before",
	} {
		got := v.get(cityAudit+"?"+query).expect(http.StatusUnprocessableEntity, htmlcheck.In(`.errors`, htmlcheck.HasText(say(t, "audit_list.error."+key))))
		if len(acts(got)) == 0 && key != "days" {
			t.Errorf("%s hides the acts", query)
		}
		equal(t, query+" as a table", v.get(cityAudit+".csv?"+query).status, http.StatusBadRequest)
	}
	equal(t, "a query that cannot be read", v.get(cityAudit+"?from=%zz").status, http.StatusBadRequest)
}

// TestOwnAudit: what I did, whoever I am; nothing of others.
func TestOwnAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.as(staff).claim("9.3.1", "claim", "achieved")
	for email, want := range map[string]int{formerExpert: 1, admin: 1, theirStaff: 1} {
		lines := acts(s.as(email).get(ownAudit))
		if len(lines) != want || !strings.Contains(lines[0], "Đăng nhập") {
			t.Errorf("%s did %q", email, lines)
		}
	}
	person := ask[int64](s, `SELECT id FROM account WHERE email = $1`, coordinator)
	got := s.as(staff).get(ownAudit + fmt.Sprintf("?person=%d&from=2025-03-10", person))
	lines := acts(got.expect(http.StatusOK, htmlcheck.Count(`[name="person"]`, 0), htmlcheck.Count(".act__who", 0)))
	// The same second: the order is that of the record.
	if len(lines) != 3 || !strings.Contains(lines[1], "Thay đổi tự đánh giá chỉ số 9.3.1") || !strings.Contains(lines[1], "Hạ Long") {
		t.Errorf("staff did %q", lines)
	}
}

// TestInstallationAudit: admins see who was added where, and no city's content.
func TestInstallationAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	got := v.get("/audit?act=add_member").expect(http.StatusOK, htmlcheck.In("footer", htmlcheck.HasText(say(t, "shell.installation_audit"))))
	if lines := acts(got); len(lines) != ask[int](s, `SELECT count(*) FROM audit WHERE act = 'add_member'`) ||
		!strings.Contains(strings.Join(lines, "\n"), "Thêm "+theirCoordinator+" vào thành phố Đà Nẵng từ máy chủ | Vai trò: Điều phối viên") {
		t.Errorf("acts %q", lines)
	}
	v.get("/audit?act=submit").expect(http.StatusOK, says(say(t, "audit_list.none.title")))
	v.get("/audit?act=create_city").expect(http.StatusOK, says("Tạo thành phố "+otherCity))
	rows := table(t, v.get("/audit.csv?act=create_city"))
	equal(t, "cities made", len(rows)-1, 2)
}

// table reads a table as a spreadsheet does.
func table(t testing.TB, a answer) [][]string {
	t.Helper()
	equal(t, a.at.String(), a.status, http.StatusOK)
	text, marked := strings.CutPrefix(a.body, "\ufeff")
	if !marked {
		t.Error("Excel would not know that it is UTF-8")
	}
	if strings.Count(text, "\n") == 0 || !strings.HasSuffix(text, "\r\n") {
		t.Error("lines do not end as RFC 4180 says")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestAuditTable compares a row with all its cells, and counts them all.
func TestAuditTable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	done := s.as(staff).claim("9.3.1", "claim", "achieved", "then", "submit")
	v := s.as(coordinator)
	got := v.get(cityAudit + ".csv?act=submit&from=2025-03-10&lang=en")
	equal(t, "type", got.header.Get("Content-Type"), "text/csv; charset=utf-8; header=present")
	equal(t, "file", got.header.Get("Content-Disposition"), `attachment; filename="cities-ha-long-audit.csv"`)
	equal(t, "cache", got.header.Get("Cache-Control"), "private, no-store")
	want := [][]string{
		{"Time", "Person", "E-mail address", "What", "City", "Act", "Subject", "Before", "After", "Network address", "Request", "Row number"},
		{"2025-03-10 12:00:00", ask[string](s, `SELECT name FROM account WHERE email = $1`, staff), staff, "Submitted indicator 9.3.1 (assessment 1) for review", "Ha Long",
			"submit", "entry 1/9.3.1", "Verdict: Not submitted", "Verdict: Awaiting review",
			"192.0.2.7", done.header.Get("X-Request-Id"), fmt.Sprint(ask[int64](s, `SELECT max(id) FROM audit WHERE act = 'submit'`))},
	}
	if rows := table(t, got); !reflect.DeepEqual(rows, want) {
		t.Errorf("rows %q,\nwant %q", rows, want)
	}
	equal(t, "all rows", len(table(t, v.get(cityAudit+".csv")))-1, ask[int](s, `SELECT count(*) FROM audit WHERE city_id IS NOT NULL`))
}

// TestAuditTableOfManyPieces: more than are read at a time, each once.
func TestAuditTableOfManyPieces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owner(`INSERT INTO audit (city_id, act, subject, recorded_at, request_id, address)
		SELECT c.id, 'submit', 'entry 1/1.1.1', '2025-03-10 00:00+07', '', '' FROM city c, generate_series(1, 2300) WHERE c.slug = 'ha-long'`)
	seen := map[string]bool{}
	for _, row := range table(t, s.as(coordinator).get(cityAudit+".csv?indicator=1.1.1&from=2025-03-10"))[1:] {
		seen[row[11]] = true
	}
	equal(t, "rows", len(seen), 2300)
}

// TestAuditTableIsHarmless: a text that a spreadsheet would take for a formula.
func TestAuditTableIsHarmless(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=1": "'\t'=1", "\r=1": "'\r'=1", "a=1": "a=1", "": "", "ệ": "ệ",
		"a;=1": "a;'=1", "a\t+1": "a\t'+1", "a\n-1": "a\n'-1", "a\r\n@x": "a\r\n'@x", ";=1": ";'=1", "a; =1": "a; '=1", "a;\u200b=1": "a;\u200b'=1",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "a;＝1": "a;'＝1", "a; b=1": "a; b=1", "a - b; c": "a - b; c",
	} {
		equal(t, text, server.Harmless(text), want)
	}
	s := newSite(t)
	s.owner(`UPDATE account SET name = '=HYPERLINK("http://evil.example")' WHERE email = $1`, staff)
	s.as(staff).claim("9.3.1", "claim", "achieved")
	rows := table(t, s.as(coordinator).get(cityAudit+".csv?from=2025-03-10"))
	equal(t, "the name", rows[1][1], `'=HYPERLINK("http://evil.example")`)
	s.as(staff).post(entryPath("9.3.1")+"/narrative", "version", fmt.Sprint(ask[int](s, `
		SELECT e.version FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = '9.3.1'`)), "narrative", "a\n=1;=2")
	rows = table(t, s.as(coordinator).get(cityAudit+".csv?act=edit_narrative&from=2025-03-10"))
	equal(t, "a text", strings.HasSuffix(rows[1][8], "a\n'=1;'=2"), true)
}

// TestAuditTableBreaksOff: an answer that cannot be sent to the end does not
// look complete, and the log says why.
func TestAuditTableBreaksOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	r := request(http.MethodGet, cityAudit+".csv")
	for _, c := range v.jar.Cookies(home) {
		r.AddCookie(c)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this
			t.Errorf("it ends with %v", p)
		}
		if !strings.Contains(s.journal.all(), "the reader has gone") {
			t.Error("the log does not say why")
		}
	}()
	s.server.ServeHTTP(&broken{header: http.Header{}}, r)
	t.Error("it ended as if all had been sent")
}

// broken is a connection that breaks after some bytes.
type broken struct {
	header http.Header
	sent   int
}

func (b *broken) Header() http.Header { return b.header }
func (b *broken) WriteHeader(int)     {}
func (b *broken) Write(p []byte) (int, error) {
	if b.sent += len(p); b.sent > 8000 {
		return 0, fmt.Errorf("the reader has gone after %d bytes", b.sent)
	}
	return len(p), nil
}

// TestQueriesOfTheAudit: a fixed number, the session included.
func TestQueriesOfTheAudit(t *testing.T) {
	t.Parallel()
	queries := &counter{}
	s := newSiteOn(t, pgtest.Options{Demo: true, Tracer: queries}).invite()
	for _, row := range []struct {
		email, path string
		want        int
	}{
		{coordinator, cityAudit, 4}, {coordinator, cityAudit + "?from=2025-01-01&act=submit", 4}, {coordinator, cityAudit + ".csv", 3},
		{admin, "/audit", 3}, {staff, ownAudit, 3}, {staff, cityAudit, 1},
	} {
		v := s.as(row.email)
		queries.take()
		v.get(row.path)
		if sent := queries.take(); len(sent) != row.want {
			t.Errorf("%s as %s: %d queries, want %d:\n%s", row.path, row.email, len(sent), row.want, strings.Join(sent, "\n"))
		}
	}
}

// FuzzAuditFilter: whatever is asked, the filter can be stored, and its own
// address chooses the same again.
func FuzzAuditFilter(f *testing.F) {
	for _, seed := range []string{
		"person=operator&act=submit&indicator=7.2.2&from=2025-01-01&to=2025-02-01&before=1741586400000000.12", "person=-1", "person=0x1", "before=1.", "before=.1",
		"before=99999999999999999999.1", "indicator=%00", "indicator=%ff", "act=%0d%0a", "from=9999-12-31&to=0001-01-01", "indicator=" + strings.Repeat("a", 99), "person=%2B7", "before=007.1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, _ := url.ParseQuery(query) // what can be read of it
		filter, problems := server.ReadAuditFilter(q)
		if text, clean := server.CleanText(filter.Indicator + filter.Act); !clean || len([]rune(text)) > 200 {
			t.Errorf("%q chooses %+v", query, filter)
		}
		if filter.Person < tracker.AtShell || filter.Before.Micros < 0 {
			t.Errorf("%q chooses %+v", query, filter)
		}
		at, err := url.Parse(view.Audit("/audit", filter))
		if err != nil {
			t.Fatal(err)
		}
		again, left := server.ReadAuditFilter(at.Query())
		if again != filter {
			t.Errorf("%q chooses %+v, and that %+v", query, filter, again)
		}
		if len(left) > len(problems) {
			t.Errorf("%q: problems %v, then %v", query, problems, left)
		}
	})
}

// TestTwoOfOneName are told apart by what nobody shares: in the list to choose
// from, beside each act, and in the table.
func TestTwoOfOneName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owner(`UPDATE account SET name = 'Nguyễn Văn An' WHERE email IN ($1, $2)`, staff, coordinator)
	s.as(staff).claim("9.3.1", "claim", "achieved")
	v := s.as(coordinator)
	page := v.get(cityAudit + "?from=2025-03-10").expect(http.StatusOK)
	var names []string
	for _, one := range page.page().All(`[name="person"] option`) {
		if strings.HasPrefix(one.Text(), "Nguyễn Văn An") {
			names = append(names, one.Text())
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"Nguyễn Văn An (" + coordinator + ")", "Nguyễn Văn An (" + staff + ")"}) {
		t.Errorf("to choose from: %q", names)
	}
	htmlcheck.Check(t, page.page(), htmlcheck.In(".act__who", htmlcheck.HasText("Nguyễn Văn An "+staff)))
	equal(t, "in the table", table(t, v.get(cityAudit+".csv?from=2025-03-10"))[1][2], staff)
}
