package catalogue

// readComments are those of the reviewers' comments that the history tells of,
// with what became of them.
func (s *dataset) readComments() []Comment {
	var all []Comment
	comments := s.items("reviewer_comments")
	seen := map[int]bool{}
	for _, h := range s.items("comment_history") {
		n := intOf(h.get("comment"))
		if n < 1 || n > len(comments) || seen[n] {
			h.get("comment").problem("there is no comment %d, or it stands here twice", n)
			continue
		}
		seen[n] = true
		v := comments[n-1]
		checkWorkday(v.get("given_on"), dateOf(v.get("given_on")))
		c := Comment{Indicator: v.get("indicator").str(), GivenOn: dateOf(v.get("given_on")), Text: textOf(v.get("text")), Answer: textOf(h.get("answer"))}
		days := checkDays(h, c.GivenOn, "answered_on", "resolved_on")
		c.AnsweredOn, c.ResolvedOn = days[0], days[1]
		checkTogether(h, "answered_on", "answer")
		all = append(all, c)
	}
	return all
}

// readDirections reads what leaders asked for.
func (s *dataset) readDirections() []Direction {
	var all []Direction
	for _, v := range s.items("directions") {
		code, _ := s.indicator(v)
		days := checkDays(v, firstDay, "given_on", "answered_on")
		d := Direction{Indicator: code, GivenOn: days[0], AnsweredOn: days[1], DueOn: dateOf(v.get("due_on")),
			Text: textOf(v.get("text")), Answer: textOf(v.get("answer"))}
		if d.DueOn < d.GivenOn {
			v.get("due_on").problem("given on %s, due on %s", d.GivenOn, d.DueOn)
		}
		checkTogether(v, "answered_on", "answer")
		all = append(all, d)
	}
	return all
}
