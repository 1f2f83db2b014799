package prompt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

func sealing(t testing.TB, limit int) *Reader {
	t.Helper()
	clean, err := redact.New(redact.DefaultConfig(), testKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Config{Keep: Seal, MaxSealedBytes: limit}, testKeys(t), nil, clean.Text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t testing.TB, r *Reader, texts ...string) string {
	t.Helper()
	ev := schemas.Event{Position: schemas.Position{Topic: "t", Partition: 3, Offset: 5, Index: 7}, Time: 11, Principal: "h1:k2:x", RequestID: "r"}
	var part schemas.Part
	r.Event(&decode.Record{Prompt: texts}, &ev, &part)
	if len(part.Sealed) != 1 {
		t.Fatalf("%d texts were sealed", len(part.Sealed))
	}
	s := part.Sealed[0]
	if s.Position != ev.Position || s.Time != 11 || s.Principal != "h1:k2:x" || s.RequestID != "r" || s.KeyID != "k2" {
		t.Errorf("%+v", s)
	}
	text, err := Open(r.keys, &s)
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range strings.Fields(text) {
		if strings.Contains(string(s.Data), piece) && len(piece) > 4 {
			t.Error("the text is not encrypted")
		}
	}
	return text
}

func TestSealedTextIsRedacted(t *testing.T) {
	text := sealed(t, sealing(t, 4096), "You are a clerk.", "Mail jane@example.org the plan.")
	if text != "You are a clerk. ¶ Mail [EMAIL] the plan." {
		t.Errorf("sealed %q", text)
	}
}

func TestSealedTextIsDroppedByDefault(t *testing.T) {
	var part schemas.Part
	var ev schemas.Event
	newReader(t).Event(&decode.Record{Prompt: []string{"text"}}, &ev, &part)
	if part.Sealed != nil {
		t.Error("a text was kept")
	}
}

// TestSecretAcrossTheCut moves a secret over every place at which a text is cut.
func TestSecretAcrossTheCut(t *testing.T) {
	r := sealing(t, minSealedBytes)
	key := "gh" + "p_" + strings.Repeat("aB3d", 9)
	for _, end := range []int{minSealedBytes, minSealedBytes + sealTail} {
		for at := end - len(key) - 2; at < end+2; at++ {
			text := sealed(t, r, strings.Repeat("a b ", at/4)+strings.Repeat("x", at%4)+" "+key+strings.Repeat(" and on", 2000))
			if strings.Contains(text, "aB3daB") {
				t.Fatalf("a piece of the key at %d was kept", at)
			}
			if len(text) > minSealedBytes || len(text) < minSealedBytes/2 {
				t.Fatalf("%d bytes were kept", len(text))
			}
		}
	}
}

func TestSealedTextIsCutBetweenCharacters(t *testing.T) {
	for i := range 4 {
		text := sealed(t, sealing(t, minSealedBytes), strings.Repeat("x", i)+strings.Repeat("日", 1000))
		if n := len(text); n <= minSealedBytes-3 || n > minSealedBytes || !strings.HasSuffix(text, "日") {
			t.Errorf("%d bytes, the end is %q", n, text[len(text)-3:])
		}
	}
}

func TestOpen(t *testing.T) {
	r := sealing(t, 4096)
	var part schemas.Part
	for i := range 2 {
		ev := schemas.Event{Position: schemas.Position{Topic: "t", Offset: int64(i)}}
		r.Event(&decode.Record{Prompt: []string{"the same text"}}, &ev, &part)
	}
	if string(part.Sealed[0].Data) == string(part.Sealed[1].Data) {
		t.Error("the nonce is not random")
	}
	for name, change := range map[string]func(s *schemas.Sealed){
		"moved":      func(s *schemas.Sealed) { s.Position.Offset++ },
		"renamed":    func(s *schemas.Sealed) { s.Position.Topic = "u" },
		"re-indexed": func(s *schemas.Sealed) { s.Position.Index++ },
		"other key":  func(s *schemas.Sealed) { s.KeyID = "k1" },
		"no key":     func(s *schemas.Sealed) { s.KeyID = "k9" },
		"changed":    func(s *schemas.Sealed) { s.Data[20] ^= 1 },
		"short":      func(s *schemas.Sealed) { s.Data = s.Data[:27] },
	} {
		s := part.Sealed[0]
		s.Data = append([]byte(nil), s.Data...)
		change(&s)
		if text, err := Open(r.keys, &s); err == nil || text != "" || strings.Contains(fmt.Sprint(err), "same") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
