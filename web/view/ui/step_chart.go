package ui

import (
	"strconv"
	"strings"
	"time"
)

// Steps is a count that changes from day to day, drawn from nothing to a
// total. Days are counted from 1 January 1970.
type Steps struct {
	ID          string // of the drawing, unique on the page
	Title, Desc string // what the drawing shows, for who cannot see it
	From, To    int    // the days at both ends
	Points      []Step // in order of days
	Total       int
	Ticks       []Tick // below; see MonthTicks
	Table       Table  // the figures behind it
}

// Step is the count from a day on. A step with a mark gets a dot and the words.
type Step struct {
	Day, Value int
	Mark       string
}

type stepDrawing struct {
	target line
	total  label
	grid   []line
	scale  []label
	below  []label
	area   string
	path   string
	dots   []dot
	marks  []label
}

func (s Steps) box() box {
	return box{
		left: 44, right: 604, top: 30, bottom: 190,
		fromX: float64(s.From), toX: float64(s.To), high: float64(max(s.Total, 1)),
	}
}

func (s Steps) draw() stepDrawing {
	b := s.box()
	top := b.y(b.high)
	d := stepDrawing{
		target: b.across(top),
		total:  label{num(b.right), num(top), "-.4em", "end", strconv.Itoa(s.Total)},
	}
	for v := 0; v < s.Total; v += niceStep(s.Total) {
		y := b.y(float64(v))
		d.grid = append(d.grid, b.across(y))
		d.scale = append(d.scale, label{num(b.left - 8), num(y), ".35em", "end", strconv.Itoa(v)})
	}
	for _, t := range s.Ticks {
		x := b.x(float64(t.At))
		d.below = append(d.below, label{num(x), num(b.bottom), "1.7em", b.anchor(x), t.Text})
	}
	d.path, d.area = s.outline(b)
	d.dots, d.marks = s.marked(b)
	return d
}

// outline returns the line of the steps, and the same closed at the bottom.
func (s Steps) outline(b box) (path, area string) {
	if len(s.Points) == 0 {
		return "", ""
	}
	var p strings.Builder
	start := num(b.x(float64(s.Points[0].Day)))
	p.WriteString("M" + start + "," + num(b.y(float64(s.Points[0].Value))))
	for _, point := range s.Points[1:] {
		p.WriteString("H" + num(b.x(float64(point.Day))) + "V" + num(b.y(float64(point.Value))))
	}
	p.WriteString("H" + num(b.x(float64(s.To))))
	return p.String(), p.String() + "V" + num(b.bottom) + "H" + start + "Z"
}

// marked places the dots and their words: under the line and to the right,
// where the line cannot cross them; above it near the bottom; a line lower
// when the previous words are in the way.
func (s Steps) marked(b box) (dots []dot, marks []label) {
	const wide = 90      // of words in the letters of a phone
	taken, row := 0.0, 0 // how far the previous words reach
	for _, point := range s.Points {
		if point.Mark == "" {
			continue
		}
		x, y := b.x(float64(point.Day)), b.y(float64(point.Value))
		at, from, anchor := x+8, x, "start"
		if x+wide > b.right {
			at, from, anchor = x, x-wide, "end"
		}
		row = nextRow(row, from < taken)
		taken = from + wide
		m := label{num(at), num(y), rowOffsets[row], anchor, point.Mark}
		if y > b.bottom-50 {
			m.dy = "-.8em"
		}
		dots = append(dots, dot{num(x), num(y)})
		marks = append(marks, m)
	}
	return dots, marks
}

var rowOffsets = [...]string{"1.6em", "2.8em", "4em"}

func nextRow(row int, crowded bool) int {
	if !crowded {
		return 0
	}
	return (row + 1) % len(rowOffsets)
}

// niceStep gives at most three lines at round numbers: nothing, and two above.
func niceStep(total int) int {
	for size := 1; ; size *= 100 {
		for _, n := range [...]int{1, 2, 5, 10, 25, 50} {
			if total <= n*size*3 {
				return n * size
			}
		}
	}
}

// MonthTicks puts ticks on first days of months between two days, at most five
// of them, evenly by the calendar. It asks label for their words.
func MonthTicks(from, to int, label func(year int, month time.Month) string) []Tick {
	for _, every := range [...]int{1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200} {
		if days := monthStarts(from, to, every); len(days) <= 5 {
			ticks := make([]Tick, len(days))
			for i, day := range days {
				t := date(day)
				ticks[i] = Tick{day, label(t.Year(), t.Month())}
			}
			return ticks
		}
	}
	return nil
}

func monthStarts(from, to, every int) []int {
	t := date(from)
	month := t.Year()*12 + int(t.Month()) - 1
	if t.Day() > 1 {
		month++
	}
	month += (every - month%every) % every
	var days []int
	for ; ; month += every {
		day := int(time.Date(month/12, time.Month(month%12+1), 1, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
		if day > to {
			return days
		}
		days = append(days, day)
	}
}

const secondsPerDay = 24 * 60 * 60

func date(day int) time.Time { return time.Unix(int64(day)*secondsPerDay, 0).UTC() }
