package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// maxRegexp bounds the compiled form of a regular expression, in instructions:
// the time that it takes is the product of that and the text's length.
const maxRegexp = 2000

// instruction is about what an instruction takes, in bytes, with what the
// expression needs to run.
const instruction = 100

// Unfit tells why a regular expression cannot be used, "" if it can, and about how
// many bytes it takes. text is the expression as the rule has it, without flags
// in front.
func Unfit(source, text string) (reason string, size int) {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return whyNot(text, err), 0
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil || len(prog.Inst) > maxRegexp {
		return fmt.Sprintf("the expression is too large: allowed are %d instructions", maxRegexp), 0
	}
	return "", instruction * len(prog.Inst)
}

// Steps returns how many steps a valid expression takes for a byte of text at
// most: the number of its instructions.
func Steps(source string) int {
	_, size := Unfit(source, source)
	return size / instruction
}

var (
	around = regexp.MustCompile(`\(\?(?:=|!|<=|<!)`)
	back   = regexp.MustCompile(`\\[1-9]|\\k[<{']|\(\?P=`)
	atomic = regexp.MustCompile(`\(\?>|[*+?}]\+|\(\?\(|\(\?R\)`)
)

// whyNot tells why an expression is none of RE2.
func whyNot(text string, err error) string {
	const always = "is not supported: expressions run in time linear in the text (RE2), so that no text can stall them"
	var bad *syntax.Error
	switch {
	case around.MatchString(text):
		return "look-around " + always + "; write two fields, one of them negated"
	case back.MatchString(text):
		return "a back-reference " + always
	case atomic.MatchString(text):
		return "an atomic group, possessive quantifier or condition " + always
	case errors.As(err, &bad):
		return "not a regular expression of RE2: " + bad.Code.String()
	}
	return "not a regular expression of RE2"
}
