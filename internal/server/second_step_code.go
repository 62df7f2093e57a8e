package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

const (
	codeDigits     = 6
	halfMinute     = 30 // seconds that a code is of
	tolerance      = 1  // codes before and after the one of now that are taken
	clockOff       = 20 // codes by which a clock may be off for us to notice
	secretBytes    = 20
	recoveryLength = 16 // letters and digits of 32: 80 bits
	// issuer stands in the authenticator app; some write only ASCII.
	issuer = "Learning City Tracker"
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// secrets enciphers what codes are made from. The account is bound into it, so
// that a secret opens in its own account's row only.
type secrets struct{ aead cipher.AEAD }

// UseSecondStepKey sets the key under which secrets are stored, before Open.
func (s *Server) UseSecondStepKey(key [32]byte) error {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return err
	}
	s.secrets.aead, err = cipher.NewGCM(block)
	return err
}

var errNoKey = errors.New("no key for the secrets of second steps")

func accountMark(account int64) []byte {
	return []byte("second step " + strconv.FormatInt(account, 10))
}

func (c secrets) seal(secret []byte, account int64) ([]byte, error) {
	if c.aead == nil {
		return nil, errNoKey
	}
	nonce := make([]byte, c.aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return c.aead.Seal(nonce, nonce, secret, accountMark(account)), nil
}

func (c secrets) open(sealed []byte, account int64) ([]byte, error) {
	if c.aead == nil {
		return nil, errNoKey
	}
	size := c.aead.NonceSize()
	if len(sealed) < size {
		return nil, errors.New("a secret of a second step is too short")
	}
	secret, err := c.aead.Open(nil, sealed[:size], sealed[size:], accountMark(account))
	if err != nil {
		return nil, fmt.Errorf("open the secret of a second step: %w", err)
	}
	return secret, nil
}

// typedCode is a code as somebody typed it: of the app, or a recovery code.
type typedCode struct {
	field, text string
	recovery    bool
}

// readCode reads the code of the app, or where that field is empty the recovery
// code. It takes off what people add and refuses what cannot be a code.
func readCode(f *form, prefix string) (typedCode, error) {
	if typed := f.text(prefix + "recovery_code"); typed != "" && f.text(prefix+"code") == "" {
		return readRecoveryCode(prefix+"recovery_code", typed)
	}
	return readAppCode(prefix+"code", f.text(prefix+"code"))
}

func readAppCode(field, typed string) (typedCode, error) {
	digits := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(typed)
	code := typedCode{field: field, text: digits}
	switch {
	case digits == "":
		return code, tracker.Invalid(field, "second_step.error.none")
	case len(digits) != codeDigits || strings.Trim(digits, "0123456789") != "":
		return code, tracker.Invalid(field, "second_step.error.malformed")
	}
	return code, nil
}

func readRecoveryCode(field, typed string) (typedCode, error) {
	code := typedCode{field: field, text: plainCode(typed), recovery: true}
	if len(code.text) != recoveryLength {
		return code, tracker.Invalid(field, "second_step.error.malformed_recovery")
	}
	return code, nil
}

// usedUp says of a code that the database did not take that somebody used it,
// or that there is no such recovery code.
func (c typedCode) usedUp(err error) error {
	switch {
	case !errors.Is(err, tracker.ErrNotFound):
		return err
	case c.recovery:
		return tracker.Invalid(c.field, "second_step.error.wrong_recovery")
	}
	return tracker.Invalid(c.field, "second_step.error.used")
}

// prove compares the code. A recovery code is compared where it is used up, and
// whether a code was used before is asked there too.
func (s *Server) prove(kept postgres.SecondStep, code typedCode) (postgres.Proof, error) {
	if code.recovery {
		return postgres.Proof{CodeHash: hashToken(code.text)}, nil
	}
	secret, err := s.secrets.open(kept.Secret, kept.AccountID)
	if err != nil {
		return postgres.Proof{}, err
	}
	step, err := stepOf(secret, code, s.Store.Now(), false)
	return postgres.Proof{Step: step}, err
}

// stepOf is the half minute that the code is of. Of a code that is out of time
// it says so; of a coming one only to who holds the secret anyway, since
// somebody who guesses could wait for its time.
func stepOf(secret []byte, code typedCode, now time.Time, holdsSecret bool) (int64, error) {
	current := now.Unix() / halfMinute
	for _, step := range []int64{current, current - tolerance, current + tolerance} {
		if matches(secret, step, code.text) {
			return step, nil
		}
	}
	for off := int64(tolerance + 1); off <= clockOff; off++ {
		if matches(secret, current-off, code.text) || holdsSecret && matches(secret, current+off, code.text) {
			return 0, tracker.Invalid(code.field, "second_step.error.clock")
		}
	}
	return 0, tracker.Invalid(code.field, "second_step.error.wrong")
}

func matches(secret []byte, step int64, typed string) bool {
	code, err := hotp.GenerateCode(base32Text.EncodeToString(secret), uint64(step)) //nolint:gosec // no clock is before 1970
	return err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1
}

// newRecoveryCodes makes them as people read them, and what the database knows.
func newRecoveryCodes() (codes []string, hashes [][]byte) {
	for range tracker.RecoveryCodes {
		code := rand.Text()[:recoveryLength]
		codes, hashes = append(codes, grouped(code)), append(hashes, hashToken(code))
	}
	return codes, hashes
}

// grouped writes a code in groups of four.
func grouped(code string) string {
	var groups []string
	for ; len(code) > 4; code = code[4:] {
		groups = append(groups, code[:4])
	}
	return strings.Join(append(groups, code), "-")
}

// offer is a secret that somebody may take into their app. It travels sealed in
// the form that confirms it, so nothing is written until then and nobody can put
// one into the form that they know.
type offer struct {
	secret []byte
	sealed string
}

func (s *Server) newOffer(account int64) (offer, error) {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // it never fails
	sealed, err := s.secrets.seal(secret, account)
	return offer{secret, base64.RawURLEncoding.EncodeToString(sealed)}, err
}

// readOffer opens what the form carried along. One that somebody changed, or that
// is of another account's page, is no form of ours.
func (s *Server) readOffer(sealed string, account int64) (offer, error) {
	bytes, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return offer{}, errBadRequest
	}
	secret, err := s.secrets.open(bytes, account)
	if err != nil {
		return offer{}, errBadRequest
	}
	return offer{secret, sealed}, nil
}

// show draws the offer for the page.
func (o offer) show(email string) (view.SecondStepOffer, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: email, Secret: o.secret})
	if err != nil {
		return view.SecondStepOffer{}, fmt.Errorf("write the address of a second step: %w", err)
	}
	code, err := qr.Encode(key.URL(), qr.M, qr.Auto)
	if err != nil {
		return view.SecondStepOffer{}, fmt.Errorf("draw the code of a second step: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if dark, _, _, _ := code.At(x, y).RGBA(); dark == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return view.SecondStepOffer{
		Sealed: o.sealed, Secret: strings.ReplaceAll(grouped(key.Secret()), "-", " "), Size: size, Path: path.String()}, nil
}
