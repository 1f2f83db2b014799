package interact

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"
)

// What Buttons makes comes back as what was meant.
func TestButtonsComeBack(t *testing.T) {
	for _, taken := range []bool{false, true} {
		b, ok := Buttons(alertA, "https://cases.example/1", taken)
		if !ok {
			t.Fatal("there are no buttons")
		}
		var got []string
		for _, el := range b.(*slackapi.ActionBlock).Elements.ElementSet {
			switch el := el.(type) {
			case *slackapi.ButtonBlockElement:
				r, ok := parse(action{ActionID: el.ActionID, Value: el.Value})
				got = append(got, fmt.Sprint(r.verb, " ", r.alert == alertA, " ", ok, " ", el.URL))
			case *slackapi.SelectBlockElement:
				for _, o := range el.Options {
					a := action{ActionID: el.ActionID}
					a.SelectedOption.Value = o.Value
					r, ok := parse(a)
					got = append(got, fmt.Sprint(r.verb, " ", r.alert == alertA, " ", ok, " ", r.span))
				}
			}
		}
		want := []string{"ack true true ", "silence true true 1h0m0s", "silence true true 4h0m0s", "silence true true 24h0m0s",
			"resolve true true ", "open false true https://cases.example/1"}
		if taken {
			want = want[1:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if raw, err := json.Marshal(b); err != nil || len(raw) > 3000 {
			t.Errorf("%d bytes, %v", len(raw), err)
		}
	}
	for _, id := range []string{"", "digest-01", "<!here>", "ABCDEF", "abc", strings.Repeat("a", 65)} {
		if _, ok := Buttons(id, "", false); ok {
			t.Errorf("%q has buttons", id)
		}
	}
}
