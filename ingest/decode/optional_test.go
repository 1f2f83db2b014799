package decode_test

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// TestOptional checks that an envelope may hold what is no record of a request:
// it is skipped if it is of no format, and rejected if it is damaged or is of a
// format that cannot read it.
func TestOptional(t *testing.T) {
	formats := []*decode.Format{
		{Name: "list", Rules: []decode.Rule{{All: []string{"list"}}}, Split: func(o field.Value, yield func(decode.Envelope) bool) {
			for it := o.Get("list").Members(); it.Next(); {
				if !yield(decode.Envelope{Inner: it.Value(), Optional: o.Get("optional").Kind() == field.True}) {
					return
				}
			}
		}},
		{Name: "fallback", Fallback: true, Rules: []decode.Rule{{Any: []string{"path"}}}, JSON: func(o field.Value, r *decode.Record) bool {
			r.SetTime("2026-11-22T05:40:00Z")
			return o.Get("path").Text() != ""
		}},
		{Name: "strict", Rules: []decode.Rule{{All: []string{"strict"}}}, JSON: func(field.Value, *decode.Record) bool { return false }},
		{Name: "text", Text: func(string, *field.Buffer, *decode.Record) bool { return false }},
	}
	d, err := decode.New(decode.Options{Now: func() time.Time { return decodetest.Now }}, formats)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list                       string
		records, rejects, optional int
		skipped                    int64
	}{
		{`[{"path":"/a"}]`, 1, 0, 0, 0},
		{`[{"msg":"x"},{"path":""},"a line"]`, 0, 3, 0, 3},
		{`[{"strict":1},"{broken"]`, 0, 2, 2, 0},
	} {
		for _, optional := range []string{"false", "true"} {
			records, rejects, before := 0, 0, d.Skipped()
			for _, r := range decodetest.Decode(t, d, []byte(`{"list":`+c.list+`,"optional":`+optional+`}`)) {
				if r.Record != nil {
					records++
				} else {
					rejects++
				}
			}
			wantRejects, wantSkipped := c.rejects, int64(0)
			if optional == "true" {
				wantRejects, wantSkipped = c.optional, c.skipped
			}
			if skipped := d.Skipped() - before; records != c.records || rejects != wantRejects || skipped != wantSkipped {
				t.Errorf("%s, optional %s: %d records, %d rejects, %d skipped", c.list, optional, records, rejects, skipped)
			}
		}
	}
}
