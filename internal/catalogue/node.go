package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// value is a node of a file that knows its place, so that whoever finds a
// problem with it can report one. A value may be absent: reading it then gives
// nothing, since its absence has been reported already.
type value struct {
	node  *yaml.Node // nil when absent
	line  int
	key   string // the key that it, or the list it is in, stands under
	where string
	log   *problemLog
}

// row is an item of a list together with the value that it was read from.
type row[T any] struct {
	is T
	at value
}

// itemNouns name the items of a list in problems; those of other lists are
// named by the list and their number.
var itemNouns = map[string]string{
	"groups": "group", "areas": "area", "features": "feature", "indicators": "indicator",
	"published_facts": "published fact", "departments": "department", "assignments": "assignment",
	"status_history": "status change", "measurements": "measurement", "entries": "entry",
	"tasks": "task", "recommendations": "recommendation", "reviewer_comments": "comment",
	"milestones": "milestone", "evidence": "evidence", "answers": "answer", "directions": "direction",
}

func (v value) problem(format string, args ...any) { v.log.add(v.line, v.where, format, args...) }

// misshapen is a problem after which values must not be compared.
func (v value) misshapen(format string, args ...any) {
	v.log.broken = true
	v.problem(format, args...)
}

func (v value) isKind(kind yaml.Kind, tag string) bool {
	return v.node != nil && v.node.Kind == kind && v.node.ShortTag() == tag
}

func (v value) isMapping() bool { return v.isKind(yaml.MappingNode, "!!map") }

func (v value) isList() bool { return v.isKind(yaml.SequenceNode, "!!seq") }

// oldBools are words that YAML 1.1 readers take for true or false unless they
// are quoted, so that one file would mean different things to different readers.
var oldBools = []string{"y", "n", "yes", "no", "on", "off"}

func (v value) isText() bool {
	if !v.isKind(yaml.ScalarNode, "!!str") {
		return false
	}
	plain := v.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	return !plain || !slices.Contains(oldBools, strings.ToLower(v.node.Value))
}

// str returns the characters of a scalar, whatever its type.
func (v value) str() string {
	if v.node == nil || v.node.Kind != yaml.ScalarNode {
		return ""
	}
	return v.node.Value
}

// keys returns the keys of a mapping, each at its own line.
func (v value) keys() []value {
	var keys []value
	v.eachPair(func(key, _ *yaml.Node) {
		keys = append(keys, value{node: key, line: key.Line, where: v.where, log: v.log})
	})
	return keys
}

// children returns what stands under the keys of a mapping.
func (v value) children() []value {
	var children []value
	v.eachPair(func(key, node *yaml.Node) {
		children = append(children, v.child(key.Value, node))
	})
	return children
}

// get returns what stands under the key; it is absent where there is no such
// key or no mapping.
func (v value) get(key string) value {
	child := value{line: v.line, key: key, where: join(v.where, key), log: v.log}
	v.eachPair(func(k, node *yaml.Node) {
		if k.Value == key {
			child = v.child(key, node)
		}
	})
	return child
}

func (v value) child(key string, node *yaml.Node) value {
	return value{node: node, line: node.Line, key: key, where: join(v.where, key), log: v.log}
}

func (v value) eachPair(do func(key, node *yaml.Node)) {
	if !v.isMapping() {
		return
	}
	for i := 0; i < len(v.node.Content); i += 2 {
		do(v.node.Content[i], v.node.Content[i+1])
	}
}

func (v value) has(key string) bool { return v.get(key).node != nil }

func join(where, key string) string {
	switch {
	case where == "":
		return key
	case key == "en" || key == "vi":
		return where + "." + key
	}
	return where + " " + key
}

// items returns the items of a list, each with a name of its own.
func (v value) items() []value {
	if !v.isList() {
		return nil
	}
	items := make([]value, 0, len(v.node.Content))
	for i, node := range v.node.Content {
		item := value{node: node, line: node.Line, key: v.key, log: v.log}
		item.where = v.itemName(item, i+1)
		items = append(items, item)
	}
	return items
}

// shortCode keeps texts of the file out of the names of places unless they are
// codes.
var shortCode = regexp.MustCompile(`^[0-9A-Za-z]+([.-][0-9A-Za-z]+)*$`)

const maxCode = 40

func isCode(s string) bool { return len(s) <= maxCode && shortCode.MatchString(s) }

func (v value) itemName(item value, n int) string {
	noun, ok := itemNouns[v.key]
	if !ok || !item.isMapping() {
		return fmt.Sprintf("%s %d", v.where, n)
	}
	for _, key := range []string{"code", "indicator"} {
		if code := item.get(key).str(); isCode(code) {
			return noun + " " + code
		}
	}
	return fmt.Sprintf("%s %d", noun, n)
}
