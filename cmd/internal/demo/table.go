package demo

import (
	"fmt"
	"strings"
)

// minColumn is the least width that a column of a table is squeezed to.
const minColumn = 6

// table writes a table that fits the width: the widest columns give first, and
// columns for which no room is left are left out and named.
func (s *Screen) table(b *strings.Builder, t Table) {
	rows := t.Rows[:min(len(t.Rows), rowLimit)]
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = columns(clean(c))
		for _, r := range rows {
			if i < len(r) {
				widths[i] = max(widths[i], columns(clean(r[i])))
			}
		}
	}
	room := s.opts.width() - 2
	squeeze(widths, room)
	n, used := 0, 0
	for n < len(widths) && used+widths[n] <= room {
		used += widths[n] + 2
		n++
	}
	line := func(cells []string, style string) {
		var l strings.Builder
		for i := range n {
			cell := ""
			if i < len(cells) {
				cell = clean(cells[i])
			}
			l.WriteString(pad(cell, widths[i]))
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
	if n < len(t.Columns) {
		var rest []string
		for _, c := range t.Columns[n:] {
			rest = append(rest, clean(c))
		}
		s.indent(b, dim, "  ", "(not shown: "+strings.Join(rest, ", ")+")")
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
