package ui

import (
	"math"
	"strconv"
)

// Tick is a word on an axis.
type Tick struct {
	At   int
	Text string
}

// box is the part of a drawing that holds data: its edges in user units, and
// the values that lie on them.
type box struct {
	left, right, top, bottom float64
	fromX, toX, low, high    float64
}

// x and y place a value. A span of nothing puts it in the middle.
func (b box) x(v float64) float64 { return place(v, b.fromX, b.toX, b.left, b.right) }
func (b box) y(v float64) float64 { return place(v, b.low, b.high, b.bottom, b.top) }

func place(v, from, to, start, end float64) float64 {
	if from == to {
		return (start + end) / 2
	}
	return start + (v-from)/(to-from)*(end-start)
}

// anchor keeps a word that is centred on x inside the box.
func (b box) anchor(x float64) string {
	switch {
	case x < b.left+40:
		return "start"
	case x > b.right-40:
		return "end"
	}
	return "middle"
}

// num writes a coordinate.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// label is a word in a drawing. dy is in em, so that it follows the size of
// the letters, which is larger on a phone.
type label struct{ x, y, dy, anchor, text string }

type dot struct{ x, y string }

// line is a horizontal or vertical line.
type line struct{ x1, y1, x2, y2 string }

func (b box) across(y float64) line {
	return line{num(b.left), num(y), num(b.right), num(y)}
}

// percent is how much of a bar is filled; it is never full before all is done
// and never empty after something is.
func percent(done, total int) string {
	switch {
	case total <= 0 || done <= 0:
		return "0"
	case done >= total:
		return "100"
	}
	return strconv.Itoa(min(99, max(1, int(math.Round(float64(done)*100/float64(total))))))
}
