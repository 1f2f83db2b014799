package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A table of few columns is squeezed to fit, each to minColumn at least; of more
// columns some are shown, each of maxColumn at most.
const (
	few       = 8
	minColumn = 6
	maxColumn = 30
)

// telling are the columns of events that say most to who looks at evidence, in
// the order in which they are shown if there is no room for all.
var telling = []string{"time", "client", "principal", "credential", "method", "route", "status", "auth_reason", "model",
	"input_tokens", "output_tokens", "user_agent", "path", "logit_bias", "top_logprobs", "template_fingerprint"}

// pick returns the table's columns as they are shown: all of them if there are
// few; of many those that are not empty, the telling ones first.
func pick(t Table) []int {
	var order []int
	for i := range t.Columns {
		order = append(order, i)
	}
	if len(order) <= few {
		return order
	}
	order = slices.DeleteFunc(order, func(i int) bool {
		return !slices.ContainsFunc(t.Rows, func(r []string) bool { return i < len(r) && r[i] != "" && r[i] != "0" && r[i] != "false" })
	})
	rank := func(i int) int {
		if at := slices.Index(telling, t.Columns[i]); at >= 0 {
			return at
		}
		return len(telling)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	return order
}

// table writes a table that fits the width. Few columns are squeezed, the
// widest first; of many, those for which no room is left are counted.
func (s *Screen) table(b *strings.Builder, t Table) {
	rows := t.Rows[:min(len(t.Rows), rowLimit)]
	order := pick(Table{Columns: t.Columns, Rows: rows})
	cell := func(r []string, n int) string {
		if order[n] < len(r) {
			return clean(r[order[n]])
		}
		return ""
	}
	widths := make([]int, len(order))
	for n := range order {
		widths[n] = columns(cell(t.Columns, n))
		for _, r := range rows {
			widths[n] = max(widths[n], columns(cell(r, n)))
		}
		if len(t.Columns) > few {
			widths[n] = min(widths[n], maxColumn)
		}
	}
	room := s.opts.width() - 2
	if len(t.Columns) <= few {
		squeeze(widths, room)
	}
	n, used := 0, 0
	for n < len(widths) && used+widths[n] <= room {
		used += widths[n] + 2
		n++
	}
	line := func(cells []string, style string) {
		var l strings.Builder
		for i := range n {
			l.WriteString(pad(cell(cells, i), widths[i]))
			if i < n-1 {
				l.WriteString("  ")
			}
		}
		b.WriteString("  " + s.opts.paint(style, strings.TrimRight(l.String(), " ")) + "\n")
	}
	line(t.Columns, bold)
	for _, r := range rows {
		line(r, "")
	}
	switch {
	case len(rows) == 0:
		s.indent(b, dim, "  ", "(no rows)")
	case t.More || len(t.Rows) > len(rows):
		s.indent(b, dim, "  ", fmt.Sprintf("(the first %d rows)", len(rows)))
	}
	if rest := len(t.Columns) - n; rest > 0 {
		s.indent(b, dim, "  ", fmt.Sprintf("(%d further columns)", rest))
	}
}

// squeeze takes columns from the widest until all fit or none can give.
func squeeze(widths []int, room int) {
	for {
		sum, widest := 0, -1
		for i, w := range widths {
			sum += w + 2
			if w > minColumn && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if sum-2 <= room || widest < 0 {
			return
		}
		widths[widest]--
	}
}
