package query

import "testing"

func TestACellIsNoFormula(t *testing.T) {
	for in, want := range map[string]string{
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+1+2": "'+1+2", "-x": "'-x", "@SUM(1)": "'@SUM(1)", "\tx": "'\tx", "\r=1": "'\r=1",
		"": "", "-": "'-", "-1.5": "-1.5", "+3e2": "+3e2", "a=b": "a=b", "/v1": "/v1", "2001:db8::1": "2001:db8::1",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%q is written as %q, want %q", in, got, want)
		}
	}
}

func TestATerminalGetsNoControlCharacters(t *testing.T) {
	got := Texts([]any{"a\x1b[2J\u202eb\nc", 1}, true)
	if got[0] != "a�[2J�b�c" || got[1] != "1" {
		t.Errorf("got %q", got)
	}
}
