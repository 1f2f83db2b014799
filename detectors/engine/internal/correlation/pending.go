package correlation

import (
	"encoding/json"
	"slices"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

// form is how a finding is in a snapshot: with the members, which are not in its
// JSON, and all names as bytes, for JSON mends what is no UTF-8.
type form struct {
	Finding schemas.Finding  `json:"finding"`
	Members []schemas.Member `json:"members"`
	Names   [][]byte         `json:"names"`
}

func written(f *schemas.Finding) *form {
	out := &form{Finding: *f, Members: f.Campaign.Members}
	for i := range out.Members {
		out.Names = append(out.Names, []byte(out.Members[i].Principal))
	}
	for _, name := range f.Campaign.Named {
		out.Names = append(out.Names, []byte(name))
	}
	return out
}

// finding returns what was written; false if that is not whole.
func (w *form) finding() (schemas.Finding, bool) {
	f := w.Finding
	if f.Campaign == nil || len(w.Names) != len(w.Members)+len(f.Campaign.Named) {
		return f, false
	}
	f.Campaign.Members = w.Members
	for i := range w.Members {
		w.Members[i].Principal = string(w.Names[i])
	}
	for i := range f.Campaign.Named {
		f.Campaign.Named[i] = string(w.Names[len(w.Members)+i])
	}
	return f, true
}

// Encode writes findings of runs.
func Encode(w *codec.Writer, findings []schemas.Finding) {
	var blocks [][]byte
	for i := range findings {
		if b, err := json.Marshal(written(&findings[i])); err == nil { // it was tried when it was taken
			blocks = append(blocks, b)
		}
	}
	w.Number(uint64(len(blocks)))
	for _, b := range blocks {
		w.Bytes(b)
	}
}

// Decode reads what Encode wrote.
func Decode(r *codec.Reader) []schemas.Finding {
	var out []schemas.Finding
	for range r.Count(8) {
		var w form
		if json.Unmarshal(r.Bytes(), &w) != nil {
			r.Spoil()
			return nil
		}
		f, ok := w.finding()
		if !ok {
			r.Spoil()
			return nil
		}
		out = append(out, f)
	}
	return out
}

// Forget takes the principals of which gone tells by the name out of findings, and
// returns how often.
func Forget(findings []schemas.Finding, gone func(name string) bool) (n int) {
	for i := range findings {
		c := *findings[i].Campaign
		before := len(c.Members) + len(c.Named)
		c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(m schemas.Member) bool { return gone(m.Principal) })
		c.Named = slices.DeleteFunc(slices.Clone(c.Named), gone)
		n += before - len(c.Members) - len(c.Named)
		findings[i].Campaign = &c
	}
	return n
}
