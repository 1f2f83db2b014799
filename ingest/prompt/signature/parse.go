// Package signature finds phrases in folded text: a list of phrases becomes one
// automaton (Aho and Corasick, 1975), and one pass over a text finds all of them,
// whatever their number.
package signature

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/ingest/prompt/glyph"
	"github.com/gatehound/gatehound/schemas"
)

// The bounds of a list.
const (
	// MaxFile bounds a file of phrases in bytes.
	MaxFile = 1 << 20
	// maxPhrases bounds the lines; each has at most maxPieces pieces, and a piece
	// has at most maxForms forms. Longer products of alternatives are cut into
	// pieces that adjoin: their forms add up instead.
	maxPhrases = 4096
	maxPieces  = 16
	maxForms   = 32
	// maxLength bounds the form of a piece in bytes: matching looks so far back.
	maxLength = 256
	// minLength is the least a phrase can have, in bytes without gaps: shorter
	// ones are everywhere.
	minLength = 4
)

//go:embed default.tsv
var defaults []byte

// categories are the signals that a list can name.
var categories = map[string]schemas.PromptSignals{
	"injection": schemas.SignalInjection, "jailbreak": schemas.SignalJailbreak,
	"prompt_leak": schemas.SignalPromptLeak, "reasoning": schemas.SignalReasoning,
}

// phrase is one line of a list.
type phrase struct {
	signal schemas.PromptSignals
	pieces []part
}

// part is a run of words of a phrase.
type part struct {
	// forms are the folded texts that it stands for, without spaces.
	forms []string
	// gap says that other words may stand between it and the one before.
	gap bool
}

// parse reads a list. Errors name the line and never quote it.
func parse(list []byte) ([]phrase, error) {
	if len(list) > MaxFile {
		return nil, fmt.Errorf("list has %d bytes: at most %d are allowed", len(list), MaxFile)
	}
	var phrases []phrase
	for n, line := range bytes.Split(list, []byte("\n")) {
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		p, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		if phrases = append(phrases, p); len(phrases) > maxPhrases {
			return nil, fmt.Errorf("line %d: at most %d phrases are allowed", n+1, maxPhrases)
		}
	}
	return phrases, nil
}

func parseLine(text string) (p phrase, err error) {
	name, rest, found := strings.Cut(text, "\t")
	if p.signal = categories[strings.TrimSpace(name)]; !found || p.signal == 0 {
		return p, fmt.Errorf("want a category (injection, jailbreak, prompt_leak or reasoning), a tab and a phrase")
	}
	for run := range strings.SplitSeq(" "+strings.Join(strings.Fields(rest), "  ")+" ", " * ") {
		pieces, err := expand(strings.Fields(run))
		if err != nil {
			return p, err
		}
		pieces[0].gap = true
		p.pieces = append(p.pieces, pieces...)
	}
	least := 0
	for _, piece := range p.pieces {
		shortest := maxLength
		for _, f := range piece.forms {
			shortest = min(shortest, len(f))
		}
		least += shortest
	}
	if len(p.pieces) > maxPieces {
		return p, fmt.Errorf("a phrase has at most %d pieces", maxPieces)
	}
	if least < minLength {
		return p, fmt.Errorf("a phrase has at least %d letters", minLength)
	}
	return p, nil
}

// expand returns the pieces of a run of words. A word may have alternatives,
// "a|b|c", and an empty one makes it optional; a piece is never empty.
func expand(words []string) ([]part, error) {
	var pieces []part
	forms := []string{""}
	for i, w := range words {
		var alternatives []string
		for a := range strings.SplitSeq(w, "|") {
			if f := folded(a); !slices.Contains(alternatives, f) {
				alternatives = append(alternatives, f)
			}
		}
		mandatory := slices.ContainsFunc(words[i:], func(w string) bool { return !slices.Contains(strings.Split(w, "|"), "") })
		if len(forms)*len(alternatives) > maxForms && mandatory && !slices.Contains(forms, "") {
			pieces = append(pieces, part{forms: forms})
			forms = []string{""}
		}
		forms = product(forms, alternatives)
		if len(forms) > maxForms*maxForms {
			return nil, fmt.Errorf("a run of words has more than %d forms", maxForms*maxForms)
		}
	}
	pieces = append(pieces, part{forms: forms})
	for _, p := range pieces {
		for _, f := range p.forms {
			if f == "" || len(f) > maxLength {
				return nil, fmt.Errorf("between two gaps stand 1 to %d letters", maxLength)
			}
		}
	}
	return pieces, nil
}

// product returns every form with every alternative behind it.
func product(forms, alternatives []string) []string {
	out := make([]string, 0, len(forms)*len(alternatives))
	for _, f := range forms {
		for _, a := range alternatives {
			out = append(out, f+a)
		}
	}
	return out
}

// folded returns the folded form of words, without spaces.
func folded(words string) string {
	return strings.ReplaceAll(string(glyph.Default().AppendFold(nil, words)), " ", "")
}
