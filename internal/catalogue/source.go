package catalogue

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

// maxBytes is ten times what the embedded files need.
const maxBytes = 1 << 20

// parse reads the file into a tree of values. It answers false when there is
// no tree, or one that must not be walked; the log then holds the reason.
func parse(log *problemLog, data []byte) (value, bool) {
	if len(data) > maxBytes {
		log.add(1, "", "is larger than %d bytes", maxBytes)
		return value{}, false
	}
	data, ok := checkCharacters(log, data)
	if !ok {
		return value{}, false
	}
	root, ok := parseYAML(log, data)
	if !ok || !checkPlain(log, root) {
		return value{}, false
	}
	return value{node: root, line: root.Line, log: log}, true
}

// checkCharacters reports what an editor does not show, and returns the text
// without its byte order mark. It answers false when the file is no text.
func checkCharacters(log *problemLog, data []byte) ([]byte, bool) {
	rest, marked := bytes.CutPrefix(data, []byte("\ufeff"))
	if marked {
		log.add(1, "", "starts with a byte order mark")
	}
	for n, line := range strings.Split(string(rest), "\n") {
		if !utf8.ValidString(line) {
			log.add(n+1, "", "is not UTF-8")
			return nil, false
		}
		checkLine(log, n+1, line)
	}
	return rest, true
}

func checkLine(log *problemLog, n int, line string) {
	if !norm.NFC.IsNormalString(line) {
		log.add(n, "", "is not NFC")
	}
	if line != strings.TrimRightFunc(line, unicode.IsSpace) {
		log.add(n, "", "trailing space")
	}
	for _, r := range line {
		if unwanted(r) {
			log.add(n, "", "unwanted character U+%04X", r)
		}
	}
}

// unwanted reports characters that look like nothing or like another one:
// controls, combining marks, private use, odd spaces and joiners.
func unwanted(r rune) bool {
	if r < utf8.RuneSelf { // nearly all of a file, and the tables below are slow
		return unicode.IsControl(r)
	}
	return unicode.In(r, unicode.Cc, unicode.Mn, unicode.Co) ||
		strings.ContainsRune("\u00a0\u200b\u200c\u200d\ufeff\u00ad", r)
}

// parseYAML reads the one document of the file.
func parseYAML(log *problemLog, data []byte) (*yaml.Node, bool) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		log.add(1, "", "is empty")
		return nil, false
	} else if err != nil {
		return nil, notYAML(log, data, err)
	}
	if err := decoder.Decode(&more); err == nil {
		log.add(more.Line, "", "holds more than one document")
		return nil, false
	} else if !errors.Is(err, io.EOF) {
		return nil, notYAML(log, data, err)
	}
	return document.Content[0], true
}

var (
	yamlMessage   = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	unknownAnchor = regexp.MustCompile(`unknown anchor '(.*)' referenced`)
)

// notYAML reports a syntax error on the line that the parser names. It names
// none for an alias without an anchor, so that one is looked up.
func notYAML(log *problemLog, data []byte, err error) bool {
	line, what := 1, err.Error()
	if m := yamlMessage.FindStringSubmatch(what); m != nil {
		what = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	if m := unknownAnchor.FindStringSubmatch(what); m != nil {
		before, _, _ := bytes.Cut(data, []byte("*"+m[1]))
		line = 1 + bytes.Count(before, []byte("\n"))
	}
	log.add(line, "", "is not YAML: %s", what)
	return false
}

// checkPlain refuses what makes a tree larger or other than it looks: anchors,
// aliases (which can stand for billions of nodes) and repeated keys.
func checkPlain(log *problemLog, node *yaml.Node) bool {
	plain := true
	if node.Anchor != "" || node.Kind == yaml.AliasNode {
		log.add(node.Line, "", "anchors and aliases are not allowed")
		plain = false
	}
	if node.Kind == yaml.MappingNode && !checkDistinctKeys(log, node) {
		plain = false
	}
	for _, child := range node.Content {
		plain = checkPlain(log, child) && plain
	}
	return plain
}

func checkDistinctKeys(log *problemLog, node *yaml.Node) bool {
	seen, distinct := map[string]bool{}, true
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			log.add(key.Line, "", "a key is not text")
			distinct = false
		} else if seen[key.Value] {
			log.add(key.Line, "", "duplicate key %s", quote(key.Value))
			distinct = false
		}
		seen[key.Value] = true
	}
	return distinct
}
