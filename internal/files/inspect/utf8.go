package inspect

// utf8Text goes from state to state with each byte, wherever the pieces end.
// For Vietnamese it is twice as fast as package utf8, which would take longer
// than the hash.
type utf8Text struct {
	state uint64 // in the lowest bits; the others mean nothing
	met   uint64 // all rows, one over the other
}

// write goes through both halves side by side, since each step waits for the one
// before it. The second half has to begin with a character.
func (t *utf8Text) write(p []byte) {
	half := len(p) / 2
	for half > 0 && p[half]&0xc0 == 0x80 {
		half--
	}
	first, second := p[:half], p[half:]
	state, ahead, met := t.state, uint64(whole), t.met
	for i, b := range first {
		row, other := utf8Rows[b], utf8Rows[second[i]]
		state, ahead, met = row>>(state&stateMask), other>>(ahead&stateMask), met|row|other
	}
	switch {
	case half == 0:
		ahead = state
	case state&stateMask != whole:
		ahead = broken
	}
	for _, b := range second[half:] {
		ahead, met = utf8Rows[b]>>(ahead&stateMask), met|utf8Rows[b]
	}
	t.state, t.met = ahead, met
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
