package inspect

// utf8Text goes from state to state with each byte, wherever the pieces end.
// For Vietnamese it is twice as fast as package utf8, which would take longer
// than the hash.
type utf8Text struct {
	state uint64 // in the lowest bits; the others mean nothing
	met   uint64 // all rows, one over the other
}

func (t *utf8Text) write(p []byte) {
	state, met := t.state, t.met
	for _, b := range p {
		row := utf8Rows[b]
		state, met = row>>(state&stateMask), met|row
	}
	t.state, t.met = state, met
}

func (t *utf8Text) end() (wrong, strange bool) {
	return t.state&stateMask != whole, t.met&strangeBit != 0
}

// States of utf8Text: what makes the character whole. Each is the place of the
// next state's bits in the row of a byte, so that a shift leads there.
const (
	stateBits  = 6
	stateMask  = 1<<stateBits - 1
	strangeBit = 1 << 63 // in the rows of what no text has
)

const (
	whole = stateBits * iota
	broken
	oneMore
	twoMore
	threeMore
	afterE0 // two more, within bounds, as for the next
	afterED
	afterF0 // three more
	afterF4
	states
)

// utf8Rows hold, for each byte, where every state leads.
var utf8Rows = func() (rows [256]uint64) {
	for b := range rows {
		for state := whole; state < states; state += stateBits {
			rows[b] |= uint64(follow(state, byte(b))) << state
		}
		if noText(rune(b)) {
			rows[b] |= strangeBit
		}
	}
	return rows
}()

func follow(state int, b byte) int {
	switch {
	case state == whole:
		return begin(b)
	case b&0xc0 != 0x80, state == broken, state == afterE0 && b < 0xa0, state == afterED && b >= 0xa0,
		state == afterF0 && b < 0x90, state == afterF4 && b >= 0x90:
		return broken
	case state == oneMore:
		return whole
	case state == twoMore, state == afterE0, state == afterED:
		return oneMore
	}
	return twoMore
}

func begin(b byte) int {
	switch {
	case b < 0x80:
		return whole
	case b < 0xc2, b > 0xf4:
		return broken
	case b < 0xe0:
		return oneMore
	case b == 0xe0:
		return afterE0
	case b == 0xed:
		return afterED
	case b < 0xf0:
		return twoMore
	case b == 0xf0:
		return afterF0
	case b == 0xf4:
		return afterF4
	}
	return threeMore
}
