package tracker_test

import (
	"bufio"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/tracker"
)

// about is what a guesser knows of the person.
var about = []string{"an.qxzk@halong.gov.vn", "Nguyễn Thị Thu Quyên", "Hạ Long"}

func isCommon(t testing.TB, password string) bool {
	t.Helper()
	return maps.Equal(refusals(t, tracker.CheckPassword("password", password, about...)), map[string]string{"password": "password.error.common"})
}

// TestCommonPasswords are refused, however they are dressed up.
func TestCommonPasswords(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"123456789012", "000000000000", "111222333444", "112233445566", "123123123123", "123456123456", "987654321098", "1234567890123456",
		"aaaaaaaaaaaa", "abababababab", "abcabcabcabc", "abcdefghijkl", "aaaaaaaaaaaaaaaaaaaaaaaab", "aabbccddeeff",
		"qwertyuiop12", "qwertyuiop[]", "qwertyuiopasdfghjkl", "asdfghjkl123", "zxcvbnm12345", "1qaz2wsx3edc", "1q2w3e4r5t6y", "q1w2e3r4t5y6",
		"qazwsxedcrfv", "poiuytrewq12", "!@#$%^&*()_+", "!QAZ2wsx#EDC", "147258369147",
		"password1234", "Password123!", "P@ssw0rd2024", "passwordpassword", "PASSWORD!!!!!!!!", "pass word pass word", "my_password_1", "password12345678",
		"letmein12345", "welcome12345", "administrator", "administrator1", "adminadmin12", "changeme1234", "iloveyou1234", "iloveyou2023!",
		"unbelievable", "motherfucker", "snowboarding", "thunderbirds", "manchesterunited", "christopher1", "basketball12", "liverpoolfc1", "correcthorsebatterystaple",
		"Mật khẩu 123", "matkhau12345", "MatKhau@2024", "matkhaumatkhau", "mậtkhẩumới2025", "m@tkh@u123456", "khôngcómậtkhẩu", "dangnhap@123456",
		"thanh-pho-hoc-tap", "Thành phố học tập", "ThanhPhoHocTap@2025", "thanhpho123456", "thành phố Hạ Long", "halong@123456", "HaLong#2026HaLong", "quangninh2025", "hanoi2024hanoi",
		"learningcity", "L34rn1ngC1ty!!", "LearningCity2025!", "learning city tracker", "unesco-halong-2025", "UBND@123456789",
		"anhyeuem1234", "toiyeuvietnam", "nguyenvan1990", "tranthi01011990", "xinchao123456", "hochiminh1890",
		// The person's own.
		"an.qxzk@halong.gov.vn", "anqxzk123456", "Nguyễn Thị Thu Quyên", "nguyenthithuquyen", "thuquyen@1990", "ThuQuyen123456", "quyenquyenquyen", "Quyên Hạ Long",
	} {
		if !isCommon(t, password) {
			t.Errorf("%q is taken", password)
		}
	}
}

// TestUncommonPasswords are taken: sentences of one's own, and what a machine
// has drawn, of whatever characters.
func TestUncommonPasswords(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"một câu dài dễ nhớ", "con mèo ngủ trên mái nhà", "mười hai kýx", "bà ngoại nấu canh cua", "bốn mùa gió biển thổi",
		"purple bicycle in the kitchen", "seven lazy ferns", "tiger coffee mountain rocket window", "four of my words, tiger",
		"x7Kq9vTz2mWp", "hgkw-zmtu-bvqy", "839201748206", "8f14e45fceea167a", "#%~{}_|<>?;:", "кошка на крыше", "小猫在屋顶上睡觉了很久啊", "🐈🦀🌊🏠🚲🎈🍜🌵🎻🧵🪁🧩",
		strings.Repeat("con mèo ngủ trên mái nhà ", 3), manySigns(tracker.MaxPassword),
	} {
		if err := tracker.CheckPassword("password", password, about...); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// TestPasswordField: the error stands at the form's own field.
func TestPasswordField(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{"short": "password.error.short", "matkhau12345": "password.error.common",
		manySigns(tracker.MaxPassword + 1): "password.error.long"} {
		if got := refusals(t, tracker.CheckPassword("new_password", password)); !maps.Equal(got, map[string]string{"new_password": want}) {
			t.Errorf("%q: %v", password, got)
		}
	}
}

// TestCommonWords: each stands in the list once and as it is looked for, and no
// password of one of them and some figures is taken.
func TestCommonWords(t *testing.T) {
	t.Parallel()
	file, err := os.Open("common_passwords.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		for _, word := range strings.Fields(lines.Text()) {
			if seen[word] || len(word) < 2 || len(word) > 32 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
				t.Errorf("%q stands there twice or in a way in which it is not looked for", word)
			}
			seen[word] = true
			for _, password := range []string{word + "1234567890", strings.ToUpper(word) + "@" + word + "2025!!!!!", strings.Repeat(word, 6)} {
				if !isCommon(t, password) {
					t.Errorf("%q is taken", password)
				}
			}
		}
	}
	if len(seen) < 700 {
		t.Errorf("%d words", len(seen))
	}
}

// FuzzCheckPassword: accents that are sent apart and typing it twice change
// nothing, and no text takes long.
func FuzzCheckPassword(f *testing.F) {
	for _, seed := range []string{"Mật khẩu 123", "\xffhalong123456", "!!!!!!!!!!!!", " 0101000000100A", "aaaaaaaaaaab", "ẩẩẩẩẩẩẩẩẩẩẩẩ", "x7Kq9vTz2mWp", strings.Repeat("thanhpho", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, password string) {
		began := time.Now()
		common := isCommon(t, password)
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
		if isCommon(t, norm.NFD.String(password)) != isCommon(t, norm.NFC.String(password)) {
			t.Errorf("%q is read in two ways", password)
		}
		if twice := password + " " + password; common && len(twice) <= tracker.MaxPassword && !isCommon(t, twice) {
			t.Errorf("%q is taken when it is typed twice", password)
		}
	})
}
