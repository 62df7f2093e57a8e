package tracker_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

func passport() tracker.Passport {
	return tracker.Passport{Title: "Quyết định", Access: tracker.AccessOpen, Language: "vi", IssuedOn: opened, ValidUntil: today}
}

func TestPassportCheck(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("ộ", n) }
	for name, tt := range map[string]struct {
		change func(*tracker.Passport)
		want   error
	}{
		"good":                {func(*tracker.Passport) {}, nil},
		"nothing but a title": {func(p *tracker.Passport) { p.IssuedOn, p.ValidUntil = 0, 0 }, nil},
		"the longest": {func(p *tracker.Passport) {
			p.Title, p.Number, p.Issuer, p.Note = long(300), long(100), long(300), long(2000)
		}, nil},
		"issued today":         {func(p *tracker.Passport) { p.IssuedOn = today }, nil},
		"one day":              {func(p *tracker.Passport) { p.PeriodFrom, p.PeriodTo = today, today }, nil},
		"an open period":       {func(p *tracker.Passport) { p.PeriodFrom = today }, nil},
		"a period's end":       {func(p *tracker.Passport) { p.PeriodTo = opened }, nil},
		"no title":             {func(p *tracker.Passport) { p.Title = " \n" }, tracker.Invalid("title", "evidence_title_is_text")},
		"a long title":         {func(p *tracker.Passport) { p.Title = long(301) }, tracker.Invalid("title", "evidence_texts_length")},
		"a long number":        {func(p *tracker.Passport) { p.Number = long(101) }, tracker.Invalid("document_number", "evidence_texts_length")},
		"a long issuer":        {func(p *tracker.Passport) { p.Issuer = long(301) }, tracker.Invalid("issuer", "evidence_texts_length")},
		"a long note":          {func(p *tracker.Passport) { p.Note = long(2001) }, tracker.Invalid("note", "evidence_texts_length")},
		"issued tomorrow":      {func(p *tracker.Passport) { p.IssuedOn, p.ValidUntil = today+1, 0 }, tracker.Invalid("issued_on", "evidence.error.issued_later")},
		"ends before it began": {func(p *tracker.Passport) { p.PeriodFrom, p.PeriodTo = today, today-1 }, tracker.Invalid("period_to", "evidence_period_in_order")},
		"over before issue":    {func(p *tracker.Passport) { p.ValidUntil = opened - 1 }, tracker.Invalid("valid_until", "evidence_valid_after_issue")},
		"unknown access":       {func(p *tracker.Passport) { p.Access = "secret" }, tracker.Invalid("access", "evidence_access_known")},
		"unknown language":     {func(p *tracker.Passport) { p.Language = "" }, tracker.Invalid("document_language", "evidence_language_known")},
	} {
		p := passport()
		tt.change(&p)
		if err := p.Check(today); !sameError(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func file() tracker.EvidenceContent {
	return tracker.EvidenceContent{File: tracker.File{Hash: tracker.ContentHash{1}, Size: 1, Name: "a.pdf", MediaType: "application/pdf"}}
}

func TestContentCheck(t *testing.T) {
	t.Parallel()
	link := func(url string) tracker.EvidenceContent { return tracker.EvidenceContent{URL: url} }
	badURL := tracker.Invalid("url", "evidence_version_url_is_one")
	nameless, empty, hashless, noted, both := file(), file(), file(), file(), file()
	nameless.File.Name, empty.File.Size, hashless.File.Hash = " ", 0, tracker.ContentHash{}
	noted.Note, both.URL = strings.Repeat("x", 2001), "https://x.vn"
	for _, tt := range []struct {
		c    tracker.EvidenceContent
		want error
	}{
		{file(), nil}, {link("https://halong.gov.vn/tài-liệu?a=1#b"), nil}, {link("http://10.0.0.1:8080"), nil},
		{link("ftp://x.vn"), badURL}, {link("javascript:alert(1)"), badURL}, {link("https://"), badURL}, {link("https:x.vn"), badURL},
		{link("//x.vn"), badURL}, {link("https://a:b@x.vn"), badURL}, {link("https://x.vn/a b"), badURL}, {link("https://x.vn/\n"), badURL},
		{link("HTTPS://x.vn"), badURL}, {link("https://x.vn/%zz"), badURL}, {link("data:text/html,x"), badURL},
		{link("https://x.vn/" + strings.Repeat("a", 2000)), badURL},
		{nameless, tracker.Invalid("file", "evidence_version_file_name_is_text")},
		{empty, tracker.Invalid("file", "content_not_empty")}, {hashless, tracker.Invalid("file", "content_not_empty")},
		{tracker.EvidenceContent{}, tracker.Invalid("file", "content_not_empty")},
		{noted, tracker.Invalid("version_note", "note.error.long")}, {both, tracker.Invalid("url", "evidence.error.file_or_link")},
	} {
		if err := tt.c.Check(); !sameError(err, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.c, err, tt.want)
		}
	}
}

func FuzzLink(f *testing.F) {
	for _, url := range []string{"https://halong.gov.vn", "javascript:x", "http://[::1]:80/", "https://a@b", ""} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if url == "" || (tracker.EvidenceContent{URL: url}).Check() != nil {
			return
		}
		if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") || strings.ContainsAny(url, " \t\r\n\x00") {
			t.Errorf("%q was taken", url)
		}
	})
}

// TestWhoReadsEvidence: restricted evidence is for the coordinator, its
// department and reviewers; for lists the same as for one piece.
func TestWhoReadsEvidence(t *testing.T) {
	t.Parallel()
	for _, role := range tracker.Roles {
		for _, place := range places {
			e := entryIn("achieved/accepted")
			actor := place.arrange(role, &e)
			reads := actor.May(tracker.ReadCity, haLong, 0, today)
			if got := actor.MayRead(tracker.AccessOpen, e.DepartmentID, haLong, today); got != reads {
				t.Errorf("%s, %s: reads open is %v", role, place.name, got)
			}
			_, own := rightOf(tracker.ReadRestricted, role)
			some, _ := rightOf(tracker.ReadRestricted, role)
			want := reads && some && (!own || place.ownDept)
			all, departments := actor.SeesRestricted(haLong, today)
			listed := all || slices.Contains(departments, e.DepartmentID) && e.DepartmentID != 0
			if got := actor.MayRead(tracker.AccessRestricted, e.DepartmentID, haLong, today); got != want || listed != want {
				t.Errorf("%s, %s: reads restricted is %v, in lists %v, want %v", role, place.name, got, listed, want)
			}
		}
	}
}

func evidence() tracker.Evidence {
	p := passport()
	return tracker.Evidence{ID: 9, Kind: tracker.FileEvidence, Passport: p, DepartmentID: culture, Version: 3,
		Latest: tracker.EvidenceVersion{Number: 2, Content: file()}}
}

func evidenceActBy(role tracker.Role, department int64) tracker.EvidenceAct {
	m := tracker.Membership{Role: role, CityID: haLong.ID, CitySlug: haLong.Slug, DepartmentID: department}
	return tracker.EvidenceAct{Actor: tracker.Actor{AccountID: self, Memberships: []tracker.Membership{m}}, City: haLong, Today: today}
}

func TestEvidenceActs(t *testing.T) {
	t.Parallel()
	staff, other := evidenceActBy(tracker.Staff, culture), evidenceActBy(tracker.Staff, education)
	coordinator, reviewer := evidenceActBy(tracker.Coordinator, 0), evidenceActBy(tracker.Reviewer, 0)
	open, secret, gone := evidence(), evidence(), evidence()
	secret.Passport.Access, gone.WithdrawnOn, gone.Withdrawn = tracker.AccessRestricted, today, "x"
	newer, link := file(), tracker.EvidenceContent{URL: "https://x.vn"}
	newer.File.Hash[0]++
	changed := open.Passport
	changed.Title = "Kế hoạch"
	withdrawn := tracker.Invalid("", "evidence.error.withdrawn")
	for name, tt := range map[string]struct{ got, want error }{
		"added by staff":                  {staff.Add(culture, passport(), file()), nil},
		"added by the coordinator":        {coordinator.Add(0, passport(), link), nil},
		"added for another department":    {staff.Add(education, passport(), file()), tracker.ErrForbidden},
		"added by a reviewer":             {reviewer.Add(culture, passport(), file()), tracker.ErrForbidden},
		"all that is wrong at once":       {staff.Add(culture, tracker.Passport{Access: "open", Language: "vi"}, tracker.EvidenceContent{}), &tracker.InvalidError{Fields: map[string]string{"title": "evidence_title_is_text", "file": "content_not_empty"}}},
		"changed":                         {staff.ChangePassport(open, culture, changed), nil},
		"changed by others":               {other.ChangePassport(open, education, changed), tracker.ErrForbidden},
		"changed unseen":                  {other.ChangePassport(secret, education, changed), tracker.ErrNotFound},
		"given away":                      {staff.ChangePassport(open, education, changed), tracker.Invalid("department", "evidence.error.department")},
		"given away by the coordinator":   {coordinator.ChangePassport(open, education, changed), nil},
		"changed to the same":             {staff.ChangePassport(open, culture, open.Passport), tracker.Invalid("", "evidence.error.same")},
		"changed though withdrawn":        {staff.ChangePassport(gone, culture, changed), withdrawn},
		"changed to nothing":              {staff.ChangePassport(open, culture, tracker.Passport{Access: "open", Language: "vi"}), tracker.Invalid("title", "evidence_title_is_text")},
		"superseded":                      {staff.NewVersion(open, newer), nil},
		"superseded by the same":          {staff.NewVersion(open, file()), tracker.Invalid("file", "evidence.error.same_content")},
		"superseded by a link":            {staff.NewVersion(open, link), tracker.Invalid("", "evidence.error.kind")},
		"superseded by nothing":           {staff.NewVersion(open, tracker.EvidenceContent{}), tracker.Invalid("file", "content_not_empty")},
		"superseded though withdrawn":     {staff.NewVersion(gone, newer), withdrawn},
		"superseded by a reviewer":        {reviewer.NewVersion(secret, newer), tracker.ErrForbidden},
		"withdrawn":                       {staff.Withdraw(open, "x"), nil},
		"withdrawn again":                 {staff.Withdraw(gone, "x"), withdrawn},
		"withdrawn without a reason":      {staff.Withdraw(open, " "), tracker.Invalid("note", "evidence.error.no_reason")},
		"withdrawn with a very long one":  {staff.Withdraw(open, strings.Repeat("x", 2001)), tracker.Invalid("note", "note.error.long")},
		"withdrawn by a leader":           {evidenceActBy(tracker.Leader, 0).Withdraw(open, "x"), tracker.ErrForbidden},
		"restricted, withdrawn by leader": {evidenceActBy(tracker.Leader, 0).Withdraw(secret, "x"), tracker.ErrNotFound},
	} {
		if !sameError(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
}

func TestLinkEvidence(t *testing.T) {
	t.Parallel()
	by := func(role tracker.Role, department int64) tracker.Act {
		a := evidenceActBy(role, department)
		return tracker.Act{Actor: a.Actor, City: haLong, Assessment: assessment, Now: now, Today: today}
	}
	staff, closed := by(tracker.Staff, culture), by(tracker.Staff, culture)
	closed.Assessment.ClosedOn = today
	secret, gone, i := evidence(), evidence(), tracker.Indicator{Evidence: make([]tracker.Text, 3)}
	secret.Passport.Access, gone.WithdrawnOn = tracker.AccessRestricted, today
	answers := tracker.Invalid("answers", "evidence_link_answers_count")
	for name, tt := range map[string]struct {
		act     tracker.Act
		e       tracker.Evidence
		answers []int
		linked  bool
		before  []int
		want    error
	}{
		"linked":                  {staff, evidence(), nil, false, nil, nil},
		"answering":               {staff, evidence(), []int{1, 3}, false, nil, nil},
		"answering something new": {staff, secret, []int{3}, true, []int{1}, nil},
		"as before":               {staff, evidence(), []int{1}, true, []int{1}, tracker.Invalid("", "evidence.error.linked")},
		"nothing, as before":      {staff, evidence(), nil, true, []int{}, tracker.Invalid("", "evidence.error.linked")},
		"number 0":                {staff, evidence(), []int{0}, false, nil, answers},
		"beyond the last":         {staff, evidence(), []int{1, 4}, false, nil, answers},
		"twice":                   {staff, evidence(), []int{1, 1}, false, nil, answers},
		"in disorder":             {staff, evidence(), []int{2, 1}, false, nil, answers},
		"withdrawn":               {staff, gone, nil, false, nil, tracker.Invalid("", "evidence.error.withdrawn")},
		"another's entry":         {by(tracker.Staff, education), evidence(), nil, false, nil, tracker.ErrForbidden},
		"unseen":                  {by(tracker.Staff, education), secret, nil, false, nil, tracker.ErrNotFound},
		"a reviewer":              {by(tracker.Reviewer, 0), secret, nil, false, nil, tracker.ErrForbidden},
		"closed":                  {closed, evidence(), nil, false, nil, tracker.Invalid("", "assessment.error.closed")},
	} {
		for _, s := range allStates {
			e := entryIn(s)
			state, err := tt.act.LinkEvidence(e, i, tt.e, tt.answers, tt.linked, tt.before)
			want := stateOf(strings.TrimSuffix(s, "*"))
			if want.Changed = want.Verdict == tracker.VerdictAccepted; tt.want != nil {
				want = tracker.State{}
			}
			if !sameError(err, tt.want) || state != want {
				t.Errorf("%s, %s: %+v, %v, want %v", name, s, state, err, tt.want)
			}
		}
	}
	e := entryIn("achieved/accepted")
	for name, tt := range map[string]struct {
		act    tracker.Act
		v      tracker.Evidence
		linked bool
		want   error
	}{
		"unlinked":             {staff, gone, true, nil},
		"unlinked again":       {staff, evidence(), false, tracker.Invalid("", "evidence.error.not_linked")},
		"unlinked by others":   {by(tracker.Staff, education), evidence(), true, tracker.ErrForbidden},
		"unlinked unseen":      {by(tracker.Leader, 0), secret, true, tracker.ErrNotFound},
		"unlinked when closed": {closed, evidence(), true, tracker.Invalid("", "assessment.error.closed")},
	} {
		if state, err := tt.act.UnlinkEvidence(e, tt.v, tt.linked); !sameError(err, tt.want) || state.Changed != (tt.want == nil) {
			t.Errorf("%s: %+v, %v, want %v", name, state, err, tt.want)
		}
	}
	early := staff
	early.Today = opened - 1
	for name, tt := range map[string]struct {
		act  tracker.Act
		open bool
	}{"open": {staff, true}, "closed": {closed, false}, "not open yet": {early, false}} {
		if state, open := tt.act.EvidenceChanged(e); open != tt.open || !state.Changed {
			t.Errorf("%s: %+v, %v", name, state, open)
		}
	}
}

func TestStandingOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		left      int // days until the last
		withdrawn tracker.Date
		want      tracker.EvidenceStanding
		within    int
	}{
		{61, 0, "valid", 0}, {60, 0, "expiring", 60}, {31, 0, "expiring", 60}, {30, 0, "expiring", 30}, {8, 0, "expiring", 30},
		{7, 0, "expiring", 7}, {0, 0, "expiring", 7}, {-1, 0, "expired", 0}, {-1, today, "withdrawn", 0}, {7, today + 1, "expiring", 7},
	} {
		e := evidence()
		e.Passport.ValidUntil, e.WithdrawnOn = today+tracker.Date(tt.left), tt.withdrawn
		if got, within := e.StandingOn(today); got != tt.want || within != tt.within {
			t.Errorf("%d days left: %s within %d, want %s within %d", tt.left, got, within, tt.want, tt.within)
		}
	}
	e := evidence()
	e.Passport.ValidUntil = 0
	if got, _ := e.StandingOn(today); got != tracker.EvidenceValid {
		t.Errorf("without an end: %s", got)
	}
}

func TestCompletenessOf(t *testing.T) {
	t.Parallel()
	whole := tracker.Assessment{OpenedOn: opened, SubmissionDueOn: opened + 100}
	covering := func(from, to tracker.Date, answers ...int) tracker.LinkedEvidence {
		return tracker.LinkedEvidence{Answers: answers, Evidence: tracker.Evidence{Passport: tracker.Passport{PeriodFrom: from, PeriodTo: to}}}
	}
	valid := func(from, until tracker.Date, answers ...int) tracker.LinkedEvidence {
		return tracker.LinkedEvidence{Answers: answers, Evidence: tracker.Evidence{Passport: tracker.Passport{IssuedOn: from, ValidUntil: until}}}
	}
	gone := covering(0, 0, 1, 2)
	gone.WithdrawnOn = opened
	for name, tt := range map[string]struct {
		linked  []tracker.LinkedEvidence
		missing []int
		expired int
		covered bool
	}{
		"none":                    {nil, []int{1, 2}, 0, false},
		"all in one":              {[]tracker.LinkedEvidence{covering(0, 0, 1, 2)}, nil, 0, true},
		"in two":                  {[]tracker.LinkedEvidence{covering(opened+51, opened+100, 2), covering(opened, opened+50, 1)}, nil, 0, true},
		"overlapping":             {[]tracker.LinkedEvidence{covering(0, opened+60, 2), covering(opened+40, 0, 1)}, nil, 0, true},
		"one in another":          {[]tracker.LinkedEvidence{covering(0, opened+99, 2), covering(opened+4, opened+5, 1), covering(opened+100, 0)}, nil, 0, true},
		"a day missing":           {[]tracker.LinkedEvidence{covering(opened+52, opened+100, 2), covering(opened, opened+50, 1)}, nil, 0, false},
		"the first day missing":   {[]tracker.LinkedEvidence{covering(opened+1, 0, 1)}, []int{2}, 0, false},
		"the last day missing":    {[]tracker.LinkedEvidence{covering(0, opened+99, 2)}, []int{1}, 0, false},
		"withdrawn":               {[]tracker.LinkedEvidence{gone}, []int{1, 2}, 0, false},
		"expired":                 {[]tracker.LinkedEvidence{valid(0, opened+10, 1), covering(0, 0, 2)}, nil, 1, true},
		"good from issue to end":  {[]tracker.LinkedEvidence{valid(opened, opened+100, 1, 2)}, nil, 0, true},
		"good from a later issue": {[]tracker.LinkedEvidence{valid(opened+1, 0, 1, 2)}, nil, 0, false},
	} {
		c := tracker.CompletenessOf(&tracker.Indicator{Evidence: make([]tracker.Text, 2)}, whole, tt.linked, opened+50)
		if c.Expected != 2 || !slices.Equal(c.Missing, tt.missing) || c.Expired != tt.expired || c.Covered != tt.covered ||
			c.Complete() != (tt.missing == nil && tt.expired == 0 && tt.covered) {
			t.Errorf("%s: %+v, want %+v", name, c, tt)
		}
	}
}

// TestCompletenessProperties: coverage is what walking over all days gives; the
// order makes no difference; one more that has not expired never takes away.
func TestCompletenessProperties(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 3))
	a := tracker.Assessment{OpenedOn: opened, SubmissionDueOn: opened + 20}
	i := &tracker.Indicator{Evidence: make([]tracker.Text, 3)}
	day := func() tracker.Date { return opened - 3 + tracker.Date(random.IntN(27)) }
	for range 3000 {
		var linked []tracker.LinkedEvidence
		for range random.IntN(5) {
			from, to := day(), day()
			l := tracker.LinkedEvidence{Evidence: tracker.Evidence{Passport: tracker.Passport{PeriodFrom: min(from, to), PeriodTo: max(from, to)}}}
			for n := 1; n <= 3; n++ {
				if random.IntN(3) == 0 {
					l.Answers = append(l.Answers, n)
				}
			}
			linked = append(linked, l)
		}
		got := tracker.CompletenessOf(i, a, linked, today)
		covered := true
		for d := a.OpenedOn; d <= a.SubmissionDueOn; d++ {
			covered = covered && slices.ContainsFunc(linked, func(l tracker.LinkedEvidence) bool { return l.Passport.PeriodFrom <= d && d <= l.Passport.PeriodTo })
		}
		random.Shuffle(len(linked), func(x, y int) { linked[x], linked[y] = linked[y], linked[x] })
		again := tracker.CompletenessOf(i, a, linked, today)
		more := tracker.CompletenessOf(i, a, append(linked, tracker.LinkedEvidence{Answers: []int{1}}), today)
		if got.Covered != covered || again.Covered != covered || !slices.Equal(got.Missing, again.Missing) ||
			len(more.Missing) > len(got.Missing) || covered && !more.Covered || more.Expired != got.Expired {
			t.Fatalf("seed %d: %+v of %+v; covered %v, in another order %+v, with more %+v", seed, got, linked, covered, again, more)
		}
	}
}
