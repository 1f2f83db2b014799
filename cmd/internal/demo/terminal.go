package demo

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/gatehound/gatehound/schemas"
)

// Options say where and how to show the demo.
type Options struct {
	// Out takes all that is shown.
	Out io.Writer
	// TTY tells that Out is a terminal, where a line can be written over.
	TTY bool
	// Color allows colours.
	Color bool
	// Width returns the number of columns; nil is 100. Widths below 40 count
	// as 40.
	Width func() int
	// Every is how often the live line is printed where it cannot be written
	// over; 5 s if 0.
	Every time.Duration
}

// Terminal returns the options that suit f: colours only on a terminal that
// wants them (https://no-color.org).
func Terminal(f *os.File) Options {
	fd := int(f.Fd())
	tty := term.IsTerminal(fd) && os.Getenv("TERM") != "dumb"
	return Options{
		Out: f, TTY: tty, Color: tty && os.Getenv("NO_COLOR") == "",
		Width: func() int {
			if w, _, err := term.GetSize(fd); err == nil {
				return w
			}
			return defaultWidth
		},
	}
}

const (
	defaultWidth = 100
	minWidth     = 40
	// maxWidth keeps lines readable on very wide terminals.
	maxWidth = 160
)

func (o *Options) width() int {
	if o.Width == nil {
		return defaultWidth
	}
	return min(max(o.Width(), minWidth), maxWidth)
}

// The styles, as parameters of the terminal's SGR sequence.
const (
	bold  = "1"
	dim   = "2"
	green = "32"
	red   = "31"
)

var severityStyle = [...]string{
	schemas.SeverityInfo: dim, schemas.SeverityLow: "36", schemas.SeverityMedium: "33",
	schemas.SeverityHigh: "1;31", schemas.SeverityCritical: "1;97;41",
}

func styleOf(s schemas.Severity) string {
	if int(s) < len(severityStyle) {
		return severityStyle[s]
	}
	return bold
}

// paint returns text in a style; "" is none. text is clean already.
func (o *Options) paint(style, text string) string {
	if !o.Color || text == "" || style == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}
