package ui

import (
	"math"
	"strings"
)

// Series is a figure over a few years, drawn small beside its table.
type Series struct {
	ID          string // of the drawing, unique on the page
	Title, Desc string // what the drawing shows, for who cannot see it
	Points      []Value
	Target      *Value // nil when there is none; its X is not used
}

// Value is the figure of one year.
type Value struct {
	X     int     // the year
	Y     float64 // in any scale, the same for all
	XText string
	Text  string // the figure as people read it
}

type lineDrawing struct {
	hasTarget bool
	target    line
	aim       label
	path      string
	dots      []dot
	figures   []label
	below     []label
}

func (s Series) box() box {
	b := box{left: 24, right: 296, top: 34, bottom: 104, low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range s.Points {
		b.low, b.high = min(b.low, v.Y), max(b.high, v.Y)
	}
	if s.Target != nil {
		b.low, b.high = min(b.low, s.Target.Y), max(b.high, s.Target.Y)
	}
	if len(s.Points) > 0 {
		b.fromX, b.toX = float64(s.Points[0].X), float64(s.Points[len(s.Points)-1].X)
	}
	return b
}

func (s Series) draw() lineDrawing {
	b := s.box()
	d := lineDrawing{hasTarget: s.Target != nil}
	if s.Target != nil {
		y := b.y(s.Target.Y)
		d.target = b.across(y)
		d.aim = s.aim(b, y)
	}
	var path strings.Builder
	every := s.labelled(b)
	for i, v := range s.Points {
		x, y := b.x(float64(v.X)), b.y(v.Y)
		path.WriteString(verb(i) + num(x) + "," + num(y))
		d.dots = append(d.dots, dot{num(x), num(y)})
		if (len(s.Points)-1-i)%every == 0 {
			d.figures = append(d.figures, label{num(x), num(y), s.offset(b, y), "middle", v.Text})
			d.below = append(d.below, label{num(x), num(b.bottom + 20), "1em", "middle", v.XText})
		}
	}
	d.path = path.String()
	return d
}

// aim puts the words of the target at the end where the line is further away.
func (s Series) aim(b box, y float64) label {
	at := label{num(b.left), num(y), "-.5em", "start", s.Target.Text}
	if n := len(s.Points); n > 0 && math.Abs(b.y(s.Points[0].Y)-y) < math.Abs(b.y(s.Points[n-1].Y)-y) {
		at.x, at.anchor = num(b.right), "end"
	}
	return at
}

// offset puts a figure above its dot, or below when the target is just above.
func (s Series) offset(b box, y float64) string {
	if s.Target == nil {
		return "-.8em"
	}
	if gap := y - b.y(s.Target.Y); gap >= 0 && gap < 40 {
		return "1.5em"
	}
	return "-.8em"
}

// labelled returns that every n-th point, counted from the last, has room for
// its words.
func (s Series) labelled(b box) int {
	const wide = 52
	room := int((b.right - b.left) / wide)
	return max(1, (len(s.Points)+room-1)/room)
}

func verb(i int) string {
	if i == 0 {
		return "M"
	}
	return "L"
}
