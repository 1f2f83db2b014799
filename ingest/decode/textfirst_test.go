package decode_test

import (
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// TestTextFirst checks that a format with a surer text is asked first, wherever
// it stands on the list.
func TestTextFirst(t *testing.T) {
	text := func(name, prefix string, first bool) *decode.Format {
		return &decode.Format{Name: name, TextFirst: first, Text: func(line string, _ *field.Buffer, r *decode.Record) bool {
			r.SetTime("2026-11-22T05:40:00Z")
			return strings.HasPrefix(line, prefix)
		}}
	}
	loose, sure := text("loose", "a", false), text("sure", "ab", true)
	for _, list := range [][]*decode.Format{{loose, sure}, {sure, loose}} {
		d, err := decode.New(decode.Options{}, list)
		if err != nil {
			t.Fatal(err)
		}
		for line, want := range map[string]string{"abc": "sure", "acb": "loose"} {
			got := decodetest.Decode(t, d, []byte(line))
			if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != want {
				t.Errorf("%s is %+v, want %s", line, got, want)
			}
		}
	}
}

// TestNotAuth checks that a refusal for another reason is no failed login.
func TestNotAuth(t *testing.T) {
	for _, notAuth := range []bool{false, true} {
		r := one(t, `{"fake":1}`, func(_ field.Value, r *decode.Record) {
			r.SetStatus("403")
			r.Responder, r.Principal, r.NotAuth = schemas.ResponderGateway, "p", notAuth
		})
		if failed := r.Auth == schemas.AuthFailure; failed == notAuth {
			t.Errorf("not a matter of authentication: %v, outcome %v", notAuth, r.Auth)
		}
	}
}
