package view_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"learningcity/internal/tracker"
	"learningcity/web/view"

	"github.com/a-h/templ"
)

// inboxPage is a page of the coordinator, with all kinds of items.
func (r reader) inboxPage(unread bool) view.Inbox {
	v := view.Inbox{Page: r.page(r.T("inbox.title"), view.InboxPath), Unread: unread, Newest: 99, Shows: []view.FilterOption{
		{Text: r.T("inbox.all"), Href: view.InboxPath, Current: true}, {Text: r.T("inbox.unread"), Href: view.InboxAddress{Unread: true}.String()}}}
	v.Person = &view.Person{Name: r.t("Nguyễn Thị Bình", "Nguyen Thi Binh"), Unread: unread}
	for n, kind := range tracker.InboxKinds {
		at := noon.AddDate(0, 0, -n)
		item := view.InboxItem{ID: int64(99 - n), Moment: r.Time(at), Stamp: at.Format("2006-01-02T15:04:05Z07:00"), Read: !unread || n > 1,
			Text: r.T("inbox."+string(kind), "name", "Trần Văn Cường", "city", r.Text(r.city.City.Name),
				"title", "Kế hoạch xây dựng thành phố học tập", "day", february, "code", "1.2.1",
				"about", r.T("inbox.about_indicator", "code", "7.2.2"))}
		if kind != tracker.RoleDisabled {
			item.Href = view.InboxItemPath(item.ID)
		}
		v.Items = append(v.Items, item)
	}
	return v
}

func inbox(r reader) templ.Component {
	v := r.inboxPage(true)
	v.Oldest = 5
	return view.InboxPage(v)
}

func inboxOlder(r reader) templ.Component {
	v := r.inboxPage(false)
	v.Later = true
	return view.InboxPage(v)
}

func inboxEmpty(r reader) templ.Component {
	v := r.inboxPage(false)
	v.Items = nil
	return view.InboxPage(v)
}

// inboxOfCity is what is unread of one city: nothing.
func inboxOfCity(r reader) templ.Component {
	v := r.inboxPage(false)
	v.Items, v.Address = nil, view.InboxAddress{City: "ha-long", Unread: true}
	v.Cities = []view.FilterOption{{Text: r.T("inbox.all_cities"), Href: view.InboxAddress{Unread: true}.String()},
		{Text: r.Text(r.city.City.Name), Href: v.Address.String(), Current: true}}
	v.Shows[0].Current, v.Shows[1].Current = false, true
	return view.InboxPage(v)
}

func inboxGone(r reader) templ.Component {
	v := r.inboxPage(false)
	gone := view.InboxGone{Page: v.Page, Item: v.Items[7], Gone: true}
	gone.Title = r.T("inbox_gone.title")
	return view.InboxGonePage(gone)
}

// letters are the mails, each with all that it can hold; names come from
// people, who may have typed line ends into them.
func (r reader) letters() map[string]view.Letter {
	const site, token = "https://hoctap.halong.example", "QGZ7MFJ3Y5KX2RBN4ATWHDVLCE"
	invitation := view.InvitationLetter{P: r.Printer, City: r.Text(r.city.City.Name), By: "Nguyễn Thị\r\nBình", Role: r.T("role.expert"),
		Link: site + view.InvitationPath(token), Until: r.Time(noon), Site: site}
	first := invitation
	first.By = ""
	own := view.PasswordLetter{P: r.Printer, Name: "Trần Văn Cường", Email: "cuong.tv@halong.gov.vn",
		Link: site + view.PasswordLinkPath(token), Until: r.Time(noon), Site: site}
	made := own
	made.By = "Nguyễn Thị Bình"
	digest := view.NoticesLetter{P: r.Printer, Name: "Trần Văn Cường", Day: february, Count: 4, Inbox: site + view.InboxPath,
		Choice: site + view.AccountPath, Stop: site + view.StopMailsPath(token), Site: site}
	for n, kind := range []tracker.InboxKind{tracker.EntryReturned, tracker.EntryDue} {
		digest.Lines = append(digest.Lines, view.NoticeLine{Link: site + view.InboxItemPath(int64(n)),
			Text: r.T("inbox."+string(kind), "name", "Nguyễn Thị\r\nBình", "code", "1.2.1", "title",
				r.t("Tỷ lệ người dân tham gia bầu cử", "Participation in elections"), "city", r.Text(r.city.City.Name), "day", february)})
	}
	atOnce := digest
	atOnce.Day, atOnce.Count, atOnce.Lines = 0, 1, digest.Lines[:1]
	return map[string]view.Letter{"notices_digest": digest.Write(), "notices_at_once": atOnce.Write(), "invitation": invitation.Write(), "invitation_first": first.Write(),
		"password_own": own.Write(), "password_made": made.Write()}
}

// TestLetters: the mails, word for word.
func TestLetters(t *testing.T) {
	for _, r := range readers(t) {
		for name, letter := range r.letters() {
			golden := filepath.Join("testdata", "letter_"+name+"."+string(r.Language())+".golden.txt")
			got := letter.Subject + "\n\n" + letter.Text
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs at %s; run with -update and read the difference", golden, firstDifference(got, string(want)))
			}
			if strings.ContainsAny(letter.Subject, "\r\n") || strings.Contains(letter.Text, "\r") {
				t.Errorf("%s has line ends of people's", golden)
			}
		}
	}
}
