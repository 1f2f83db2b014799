package field

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// full returns an event that has everything.
func full() *schemas.Event {
	var e schemas.Event
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("text")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int, reflect.Int32, reflect.Int64:
			f.SetInt(7)
		case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			f.SetUint(1)
		case reflect.Float32, reflect.Float64:
			f.SetFloat(0.7)
		}
	}
	e.Known = 1<<32 - 1
	e.Position.Topic = "topic"
	e.Client, e.ClientAddr = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("203.0.113.9")
	e.Path, e.Redacted[0], e.Redacted[2] = "/a/b.tar.gz", 1, 1
	return &e
}

// TestEveryFieldOfEventsCanBeAsked holds the list against the events' own.
func TestEveryFieldOfEventsCanBeAsked(t *testing.T) {
	var members map[string]any
	text, err := json.Marshal(full())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &members))
	for name := range members {
		if name == "position" {
			continue // its parts are fields
		}
		ids, reason := Lookup(name)
		if slices.Contains([]string{"known", "prompt_minhash"}, name) {
			require.NotEmpty(t, reason)
			continue
		}
		require.Empty(t, reason, name)
		require.Equal(t, name, Of(ids[0]).Name)
	}
}

func TestEveryFieldReadsAFullAndAnEmptyEvent(t *testing.T) {
	e, none := full(), &schemas.Event{}
	var b Buffer
	for i := range Defs() {
		d := Of(ID(i))
		require.True(t, d.Known(e, &b), d.Name)
		require.NotEmpty(t, d.Text(e, &b), d.Name)
		require.NotEmpty(t, d.Doc, d.Name)
		if d.Kind == Number || d.Kind == Flag {
			_, ok := d.Number(e)
			require.True(t, ok, d.Name)
		}
		if !slices.Contains([]string{"time", "partition", "offset", "index"}, d.Name) {
			require.False(t, d.Known(none, &b), d.Name)
		}
	}
}

func TestValues(t *testing.T) {
	e := full()
	e.Host, e.Query, e.Status, e.Temperature, e.Latency = "h", "q=1", 404, 0.7, 1500*time.Microsecond
	e.PromptSignals = schemas.SignalInjection | schemas.SignalEncoded
	var b Buffer
	for name, want := range map[string]string{
		"c-uri-extension": "gz", "target": "/a/b.tar.gz?q=1", "url": "h/a/b.tar.gz?q=1", "sc-status": "404", "temperature": "0.7",
		"time-taken": "1.5", "c-ip": "203.0.113.9", "stream": "true", "redacted": "email,card", "prompt_signals": "injection,encoded",
		"prompt_fingerprint": "1", "auth": "success", "GEN_AI.Request.Model": "text", "cs_uri_stem": "/a/b.tar.gz",
	} {
		ids, reason := Lookup(name)
		require.Empty(t, reason, name)
		require.Equal(t, want, Of(ids[0]).Text(e, &b), name)
	}
	e.ClientAddr = netip.Addr{}
	require.Equal(t, "10.0.0.1", Addr(e).String(), "what is stored stands in")
	ids, _ := Lookup("cs-uri-query")
	require.Len(t, ids, 2)
	ids, _ = Lookup("user_agent")
	require.False(t, Of(ids[0]).Empty(&schemas.Event{}, &b), "not logged is not empty")
	require.True(t, Of(ids[0]).Empty(&schemas.Event{ClientClass: schemas.ClientEmpty}, &b))
	_, reason := Lookup("cs-referer")
	require.NotEmpty(t, reason)
}

func TestNoNameIsThereTwice(t *testing.T) {
	seen := map[string]string{}
	for i := range defs {
		for _, n := range append([]string{defs[i].Name}, defs[i].Aliases...) {
			require.Empty(t, seen[canonical(n)], n)
			seen[canonical(n)] = defs[i].Name
		}
	}
	for n := range wide {
		require.Empty(t, seen[canonical(n)], n)
	}
	for n, why := range absent {
		require.Empty(t, seen[n], n)
		require.True(t, strings.HasPrefix(why, "is ") || strings.HasPrefix(why, "are "), n)
		require.Equal(t, canonical(n), n)
	}
}
