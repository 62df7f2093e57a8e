package server_test

import (
	"fmt"
	"net/http"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// The people of the demonstration, and those that invite adds.
const (
	coordinator = "coordinator@ha-long.demo"
	staff       = "staff@ha-long.demo" // of the department CUL
	reviewer    = "reviewer@ha-long.demo"
	leader      = "leader@ha-long.demo"

	otherStaff    = "education@ha-long.test" // of another department
	expert        = "expert@ha-long.test"
	formerExpert  = "former.expert@ha-long.test"
	overseer      = "overseer@quang-ninh.test"
	otherOverseer = "overseer@da-nang.test" // of another region
	admin         = "admin@learningcity.test"

	otherCity        = "da-nang"
	theirCoordinator = "coordinator@da-nang.test"
	theirStaff       = "staff@da-nang.test"
	theirReviewer    = "reviewer@da-nang.test"
	theirLeader      = "leader@da-nang.test"
	theirExpert      = "expert@da-nang.test"
)

// person is somebody with one role. A city is named by its slug; an overseer's
// region is the one that the city lies in.
type person struct {
	email      string
	role       tracker.Role
	city       string
	department string // code
	endsOn     string
}

var invited = []person{
	{otherStaff, tracker.Staff, "ha-long", "EDU", ""},
	{expert, tracker.Expert, "ha-long", "", "2025-03-10"}, // today is the last day
	{formerExpert, tracker.Expert, "ha-long", "", "2025-03-09"},
	{overseer, tracker.Overseer, "ha-long", "", ""},
	{otherOverseer, tracker.Overseer, otherCity, "", ""},
	{admin, tracker.Admin, "", "", ""},
	{theirStaff, tracker.Staff, otherCity, "CUL", ""},
	{theirReviewer, tracker.Reviewer, otherCity, "", ""},
	{theirLeader, tracker.Leader, otherCity, "", ""},
	{theirExpert, tracker.Expert, otherCity, "", ""},
}

// invite adds a second city with an assessment, and people of all roles to
// both cities.
func (s *site) invite() *site {
	s.t.Helper()
	s.foundOtherCity()
	for _, p := range invited {
		s.add(p)
	}
	return s
}

// add writes a person straight into the database: most roles have no page yet
// on which somebody could invite them.
func (s *site) add(p person) {
	s.t.Helper()
	account := ask[int64](s, `INSERT INTO account (email, name, password_hash, created_at)
		VALUES ($1, $1, $2, $3) RETURNING id`, p.email, passwordHash(s.t), pgtest.Now)
	s.join(account, p)
}

// join gives an account one more role.
func (s *site) join(account int64, p person) {
	s.t.Helper()
	s.owner(`
		INSERT INTO membership (account_id, role, city_id, department_id, region_id, ends_on)
		VALUES ($1, $2::text,
		        CASE WHEN $2::text <> 'overseer' THEN (SELECT id FROM city WHERE slug = $3) END,
		        (SELECT d.id FROM department d JOIN city c ON c.id = d.city_id WHERE c.slug = $3 AND d.code = $4),
		        CASE WHEN $2::text = 'overseer' THEN (SELECT region_id FROM city WHERE slug = $3) END,
		        nullif($5::text, '')::date)`, account, string(p.role), p.city, p.department, p.endsOn)
}

func passwordHash(t testing.TB) string {
	t.Helper()
	hash, err := pgtest.CheapHash(demonstration.Password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// foundOtherCity makes Da Nang, in a region of its own, as its operator and
// its coordinator would.
func (s *site) foundOtherCity() {
	s.t.Helper()
	ctx, store := s.t.Context(), s.db.Store
	id, err := store.CreateCity(ctx, tracker.Operator(), tracker.City{
		Slug: otherCity, Name: tracker.Text{VI: "Đà Nẵng", EN: "Da Nang"},
		Province: tracker.Text{VI: "Thành phố Đà Nẵng", EN: "Da Nang City"}, TimeZone: "Asia/Ho_Chi_Minh", Language: "vi"})
	if err != nil {
		s.t.Fatal(err)
	}
	account, err := store.AddMember(ctx, tracker.Operator(), otherCity, postgres.NewMember{
		Email: theirCoordinator, Name: theirCoordinator, PasswordHash: passwordHash(s.t), Role: tracker.Coordinator})
	if err != nil {
		s.t.Fatal(err)
	}
	actor := tracker.Actor{AccountID: account, Memberships: []tracker.Membership{
		{Role: tracker.Coordinator, CityID: id, CitySlug: otherCity}}}
	culture := tracker.Department{Code: "CUL", Name: tracker.Text{VI: "Sở Văn hóa", EN: "Culture"}}
	if err := store.CreateDepartment(ctx, actor, otherCity, culture); err != nil {
		s.t.Fatal(err)
	}
	s.openAssessment(actor, otherCity, tracker.NewDate(2025, 1, 6), true)
}

// openAssessment opens one more assessment and returns its number.
func (s *site) openAssessment(actor tracker.Actor, city string, opened tracker.Date, needsReview bool) int {
	s.t.Helper()
	number, err := s.db.Store.OpenAssessment(s.t.Context(), actor, city, "learning-city-57", tracker.Assessment{
		Name:     tracker.Text{VI: "Đợt khác", EN: "Another assessment"},
		OpenedOn: opened, SubmissionDueOn: opened + 300, NeedsReview: needsReview}, tracker.CarryOver{})
	if err != nil {
		s.t.Fatal(err)
	}
	return number
}

// member is a person of the demonstration as the store knows them.
func (s *site) member(email string) tracker.Actor {
	s.t.Helper()
	role := ask[string](s, `SELECT m.role FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1`, email)
	return tracker.Actor{
		AccountID: ask[int64](s, `SELECT id FROM account WHERE email = $1`, email),
		Memberships: []tracker.Membership{{
			Role: tracker.Role(role), CitySlug: "ha-long", CityID: ask[int64](s, `SELECT id FROM city WHERE slug = 'ha-long'`)}},
	}
}

// TestLastDayInASentence: words that stand in the middle of one begin small.
func TestLastDayInASentence(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(coordinator)
	id := ask[int64](s, `SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1`, staff)
	path := fmt.Sprintf("%s/%d", people, id)
	v.post(path, "version", "1", "role", "expert", "ends_on", "2025-06-30").redirects(people)
	v.post(path, "version", "1", "role", "leader").expect(http.StatusConflict, says(say(t, "role.expert")+", đến hết ngày 30/06/2025"))
}

// TestPasswordHintTellsTheRule: the number in the words is the one that holds.
func TestPasswordHintTellsTheRule(t *testing.T) {
	t.Parallel()
	newSite(t).as(staff).get("/account").expect(http.StatusOK, says(fmt.Sprintf("Ít nhất %d ký tự", tracker.MinPassword)))
}
