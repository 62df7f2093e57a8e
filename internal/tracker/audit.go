package tracker

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// AuditActs are the acts that the record knows. Each has its words under act
// (its name) and audit.act (a sentence).
var AuditActs = []string{
	string(ChangeClaim), string(Submit), string(Withdraw), string(Accept), string(Return), string(Reopen),
	string(EditNarrative), string(RecordMeasurement), "assign", "hand_over_entries", "open_assessment",
	string(SubmitAssessment), string(CloseAssessment), string(ReopenAssessment), string(ConfirmClaim), "add_milestone",
	"create_department", "rename_department", "retire_department", "add_member", "create_city", "invite", "renew_invitation", "withdraw_invitation",
	"accept_invitation", "change_person", "disable_person", "enable_person", "make_password_link", "withdraw_password_link",
	"reset_password", "change_password", "change_profile", "choose_mails", "end_sessions", "set_up", "create_admin", "accept_audit_head", "sign_in", "sign_out",
	"enable_second_step", "disable_second_step", "new_recovery_codes", "use_recovery_code", "reset_second_step",
	"require_second_step",
	"rename_city", "move_city", "archive_city", "restore_city", "merge_cities", "split_city",
	"create_region", "change_region", "end_overseer", "restore_overseer", "disable_account", "enable_account",
	"add_evidence", string(ChangePassport), string(NewEvidenceVersion), string(WithdrawEvidence), string(LinkToEntry), string(UnlinkFromEntry),
	"open_thread", "write_comment", "edit_comment", "delete_comment", "resolve_thread", "reopen_thread", "give_direction", "answer_direction",
	string(GiveRecommendation), string(TakeOnRecommendation), string(DeclineRecommendation), string(AnswerRecommendation),
	string(CloseRecommendation), string(ReopenRecommendation),
	string(GiveTask), string(ChangeTask), string(CompleteTask), string(DropTask), string(ReopenTask),
}

// InstallationActs are the acts in a city that the installation's admins see:
// who belongs to it, nothing of its content. The database holds the same list
// (policies audit_of_installation and audit_of_second_steps).
var InstallationActs = []string{
	"add_member", "invite", "renew_invitation", "withdraw_invitation", "accept_invitation",
	"change_person", "disable_person", "enable_person", "make_password_link", "withdraw_password_link",
	"reset_password", "reset_second_step", "require_second_step",
	"rename_city", "move_city", "archive_city", "restore_city", "merge_cities", "split_city",
}

// AtShell is, in a filter, who has no account: the operator at the shell.
const AtShell int64 = -1

// AuditFilter chooses acts. A zero field does not restrict.
type AuditFilter struct {
	Person    int64 // account id, or AtShell
	Act       string
	Indicator string // code
	From, To  Date   // both days included
	Before    AuditKey
}

// Span are the first moment of the filter's days and the first one after them,
// on the clocks of the zone.
func (f AuditFilter) Span(zone *time.Location) (from, before time.Time) {
	from, before = time.Unix(0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if !f.From.IsZero() {
		from = time.Date(f.From.Year(), f.From.Month(), f.From.Day(), 0, 0, 0, 0, zone)
	}
	if !f.To.IsZero() {
		before = time.Date(f.To.Year(), f.To.Month(), f.To.Day()+1, 0, 0, 0, 0, zone)
	}
	return from, before
}

// AuditKey is an act's place in the record: what is older has a lower key.
type AuditKey struct {
	Micros int64 // since 1970
	ID     int64
}

// String is the key as it stands in addresses; empty for the zero key.
func (k AuditKey) String() string {
	if k == (AuditKey{}) {
		return ""
	}
	return strconv.FormatInt(k.Micros, 10) + "." + strconv.FormatInt(k.ID, 10)
}

// ParseAuditKey reads what String wrote.
func ParseAuditKey(s string) (AuditKey, error) {
	micros, id, _ := strings.Cut(s, ".")
	var k AuditKey
	var err error
	if k.Micros, err = strconv.ParseInt(micros, 10, 64); err == nil {
		k.ID, err = strconv.ParseInt(id, 10, 64)
	}
	// The year 9999 is the last that all of us can write.
	if err != nil || k.Micros < 0 || k.Micros > 253370764800_000000 || k.String() != s {
		return AuditKey{}, fmt.Errorf("%q is no place in the record", s)
	}
	return k, nil
}

// AuditRow is one act of the record.
type AuditRow struct {
	ID            int64
	At            time.Time
	AccountID     int64  // 0: the operator at the shell
	Person        string // name; empty for the operator
	Email         string // stays the person's, where names change
	City          City   // slug and name; zero: an act on the installation
	Act           string
	Subject       string
	Before, After []byte // JSON; empty for none
	RequestID     string
	Address       string
}

// Key is the row's place in the record.
func (r AuditRow) Key() AuditKey { return AuditKey{r.At.UnixMicro(), r.ID} }

// AuditPerson is somebody whose acts can be chosen.
type AuditPerson struct {
	ID    int64
	Name  string
	Email string
}

// AuditPage is a piece of the record, the newest act first.
type AuditPage struct {
	City   City          // of a city's record
	People []AuditPerson // of the city
	Rows   []AuditRow
	More   bool // there are older ones
}

// Subject is what an act was on. An entry's name is its indicator's code.
type Subject struct {
	Kind       string // "entry", "assessment", "department", "account", "city", "evidence", "recommendation", "task", "session"
	Name       string
	Assessment int // entry
}

// ParseSubject reads how the record names what was acted on.
func ParseSubject(s string) Subject {
	kind, name, _ := strings.Cut(s, " ")
	subject := Subject{Kind: kind, Name: name}
	if number, code, found := strings.Cut(name, "/"); kind == "entry" && found {
		if n, err := strconv.Atoi(number); err == nil {
			subject.Name, subject.Assessment = code, n
		}
	}
	return subject
}

// AuditChange is one thing that an act changed. Name is in snake_case, its
// parts joined with dots; Before or After is empty for nothing.
type AuditChange struct {
	Name          string
	Before, After Text
}

// Changes lists what differs between the two states, in an order that does not
// change. Ids mean nothing to people and are left out.
func (r AuditRow) Changes() []AuditChange {
	before, after := flatten(r.Before), flatten(r.After)
	names := slices.Collect(maps.Keys(after))
	for name := range before {
		if _, both := after[name]; !both {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x, y)) })
	var changes []AuditChange
	for _, name := range names {
		if before[name] != after[name] {
			changes = append(changes, AuditChange{name, before[name], after[name]})
		}
	}
	return changes
}

// rank puts what people look for first.
func rank(name string) int {
	first := []string{"claim", "verdict", "changed", "effective_on", "year", "value", "target", "source", "name", "role", "department", "assignee", "due_on"}
	if i := slices.Index(first, name); i >= 0 {
		return i
	}
	return len(first)
}

// flatten makes one list of names and values of whatever was recorded.
func flatten(raw []byte) map[string]Text {
	flat := map[string]Text{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // a figure stays as it was written
	var value any
	if err := decoder.Decode(&value); err == nil {
		flattenInto(flat, "", value)
	}
	return flat
}

func flattenInto(flat map[string]Text, name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		if text, ok := textOf(v); ok {
			put(flat, name, text)
			return
		}
		for key, inner := range v {
			flattenInto(flat, strings.TrimPrefix(name+"."+snake(key), "."), inner)
		}
	case []any:
		for i, inner := range v {
			flattenInto(flat, strings.TrimPrefix(name+"."+strconv.Itoa(i+1), "."), inner)
		}
	case nil:
	default:
		s := fmt.Sprint(v)
		put(flat, name, Text{VI: s, EN: s})
	}
}

func put(flat map[string]Text, name string, text Text) {
	if text != (Text{}) && name != "id" && !strings.HasSuffix(name, "_id") {
		flat[name] = text
	}
}

// textOf reads a text in two languages.
func textOf(v map[string]any) (Text, bool) {
	vi, hasVI := v["VI"].(string)
	en, hasEN := v["EN"].(string)
	return Text{VI: vi, EN: en}, hasVI && hasEN && len(v) == 2
}

// snake writes DueOn as due_on, FrameworkID as framework_id.
func snake(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			b.WriteByte('_')
		}
		lower = !unicode.IsUpper(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
