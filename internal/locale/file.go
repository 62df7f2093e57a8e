package locale

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// readFile reads and compiles the messages of one language.
func readFile(files fs.FS, l Language) (map[string]*message, error) {
	data, err := fs.ReadFile(files, string(l)+".json")
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	messages, err := parseFile(l, data)
	if err != nil {
		return nil, fmt.Errorf("%s.json: %w", l, err)
	}
	return messages, nil
}

// parseFile compiles a flat JSON object of messages. It walks the tokens
// itself because decoding into a map would silently keep the last of two
// equal keys.
func parseFile(l Language, data []byte) (map[string]*message, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := expect(dec, '{'); err != nil {
		return nil, err
	}
	messages := map[string]*message{}
	var problems []error
	for dec.More() {
		key, forms, err := readEntry(dec)
		if err != nil {
			return nil, errors.Join(append(problems, err)...)
		}
		m, err := addMessage(l, messages, key, forms)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", key, err))
			continue
		}
		messages[key] = m
	}
	return messages, errors.Join(append(problems, readEnd(dec))...)
}

// addMessage checks and compiles one message.
func addMessage(l Language, have map[string]*message, key string, forms []form) (*message, error) {
	if have[key] != nil {
		return nil, errors.New("given twice")
	}
	if !validKey(key) {
		return nil, errors.New("a key is dotted words of a-z, 0-9 and _")
	}
	return newMessage(l, forms)
}

// form is one text of a message: its only one, or that of the named plural form.
type form struct {
	only       bool
	name, text string
}

func readEntry(dec *json.Decoder) (string, []form, error) {
	key, err := readString(dec)
	if err != nil {
		return "", nil, err
	}
	token, err := dec.Token()
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", key, err)
	}
	switch value := token.(type) {
	case string:
		return key, []form{{only: true, text: value}}, nil
	case json.Delim:
		if value == '{' {
			forms, err := readForms(dec)
			return key, forms, err
		}
	}
	return "", nil, fmt.Errorf("%s: a message is a text or an object of plural forms", key)
}

func readForms(dec *json.Decoder) ([]form, error) {
	var forms []form
	for dec.More() {
		name, err := readString(dec)
		if err != nil {
			return nil, err
		}
		text, err := readString(dec)
		if err != nil {
			return nil, err
		}
		forms = append(forms, form{name: name, text: text})
	}
	return forms, expect(dec, '}')
}

func readString(dec *json.Decoder) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%v stands where a text is needed", token)
	}
	return s, nil
}

func expect(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%v stands where %v is needed", token, want)
	}
	return nil
}

func readEnd(dec *json.Decoder) error {
	if err := expect(dec, '}'); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the last brace")
	}
	return nil
}

func validKey(key string) bool {
	for word := range strings.SplitSeq(key, ".") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}

func checkText(text string) error {
	if strings.TrimSpace(text) != text || text == "" {
		return errors.New("empty, or spaces at an end")
	}
	if !norm.NFC.IsNormalString(text) {
		return errors.New("not in Unicode normal form C")
	}
	return nil
}
