package evaluate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 9, 16, 12, 0, 0, 0, time.UTC)

// finding returns one of a minute's window.
func finding(detector string, e schemas.Entity, at time.Time, s schemas.Severity) schemas.Finding {
	return schemas.Finding{Detector: detector, Entity: e, Detected: at, Severity: s, WindowStart: at.Truncate(time.Minute), WindowEnd: at.Truncate(time.Minute).Add(time.Minute)}
}

func principal(name string) schemas.Entity {
	return schemas.Entity{Kind: schemas.EntityPrincipal, Name: name}
}

func TestClassify(t *testing.T) {
	route := schemas.Entity{Kind: schemas.EntityRoute, Name: "POST /v1"}
	attack := plant{Truth: simulate.Truth{Expect: []string{"authfail"}, Start: noon, End: noon.Add(10 * time.Minute)},
		entities: []schemas.Entity{principal("a")}, related: []schemas.Entity{route}}
	look := plant{Truth: simulate.Truth{Kind: "look", Benign: true, Expect: []string{"rate.spike"}, Start: noon, End: noon.Add(time.Hour)},
		entities: []schemas.Entity{principal("b")}}
	mild := plant{Truth: simulate.Truth{Kind: "mild", Benign: true, Mild: true, Start: noon, End: noon.Add(time.Hour)},
		entities: []schemas.Entity{principal("c")}}
	for _, tt := range []struct {
		name  string
		f     schemas.Finding
		is    class
		about simulate.Kind
	}{
		{"hit", finding("authfail.scan", principal("a"), noon.Add(time.Minute), 2), isHit, ""},
		{"another family", finding("rate.spike", principal("a"), noon.Add(time.Minute), 2), isRelated, ""},
		{"no family of that name", finding("authfailure.scan", principal("a"), noon.Add(time.Minute), 2), isRelated, ""},
		{"its route", finding("rate.spike", route, noon.Add(time.Minute), 2), isRelated, ""},
		{"just after it", finding("authfail.scan", principal("a"), noon.Add(14*time.Minute), 2), isHit, ""},
		{"its end", finding("silence.principal", principal("a"), noon.Add(40*time.Minute), 1), isRelated, ""},
		{"its route's end", finding("silence.route", route, noon.Add(40*time.Minute), 1), isFalse, ""},
		{"long after it", finding("authfail.scan", principal("a"), noon.Add(2*time.Hour), 2), isFalse, ""},
		{"long before it", finding("authfail.scan", principal("a"), noon.Add(-20*time.Minute), 2), isFalse, ""},
		{"nobody", finding("authfail.scan", principal("x"), noon, 2), isFalse, ""},
		{"what it is", finding("rate.spike", principal("b"), noon, 3), isRight, "look"},
		{"what it is not", finding("rate.drop", principal("b"), noon, 0), isFalse, "look"},
		{"mildly", finding("rate.drop", principal("c"), noon, schemas.SeverityLow), isRight, "mild"},
		{"harshly", finding("rate.drop", principal("c"), noon, schemas.SeverityMedium), isFalse, "mild"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := classify(&tt.f, []plant{attack}, []plant{look, mild})
			assert.Equal(t, tt.is, a.is)
			assert.Equal(t, tt.about, a.about)
			assert.Contains(t, a.String(), tt.f.Detector)
		})
	}
}

func TestVerdict(t *testing.T) {
	p := plant{Truth: simulate.Truth{Kind: simulate.KeyGuessing, Expect: []string{"authfail"}, Start: noon, End: noon.Add(10 * time.Minute)}, entities: []schemas.Entity{principal("a")}}
	h := &chase{Hunt: &hunt.Hunt{Findings: []schemas.Finding{
		finding("authfail.old", principal("a"), noon.Add(-time.Minute), 2),
		finding("authfail.late", principal("a"), noon.Add(3*time.Minute), 2),
		finding("authfail.first", principal("a"), noon.Add(90*time.Second), 2),
		finding("rate.spike", principal("a"), noon.Add(time.Second), 2),
		finding("authfail.other", principal("b"), noon.Add(time.Second), 2),
	}}}
	times := []int64{noon.UnixNano(), noon.Add(time.Minute).UnixNano(), noon.Add(2 * time.Minute).UnixNano()}
	v := h.verdict(&p, times, &Options{})
	require.NotNil(t, v.first)
	assert.Equal(t, "authfail.first", v.first.Detector)
	assert.Equal(t, []string{"authfail.late", "authfail.first"}, v.rules)
	assert.Equal(t, 90*time.Second, v.after)
	assert.Equal(t, 2, v.events)
	assert.True(t, v.prompt, "by the end of the first whole minute")

	h.Findings = h.Findings[1:2]
	v = h.verdict(&p, times, &Options{})
	assert.NotNil(t, v.first)
	assert.False(t, v.prompt)
	assert.Nil(t, h.verdict(&p, times, &Options{Families: []string{"rate"}}).first, "only what is judged finds")
}

func TestSame(t *testing.T) {
	e := func(k schemas.EntityKind, name string) schemas.Entity { return schemas.Entity{Kind: k, Name: name} }
	for _, tt := range []struct {
		plant, found schemas.Entity
		want         bool
	}{
		{principal("a"), principal("a"), true},
		{principal("a"), e(schemas.EntityRoute, "a"), false},
		{principal("*"), principal("whoever"), true},
		{e(schemas.EntityGlobal, ""), e(schemas.EntityGlobal, "all"), true},
		{e(schemas.EntityModel, "gpt-4o"), e(schemas.EntityModel, "openai/gpt-4o"), true},
		{e(schemas.EntityModel, "gpt-4o"), e(schemas.EntityModel, "openai/gpt-4o-mini"), false},
		{e(schemas.EntityAddress, "2001:db8::1"), e(schemas.EntityAddress, "2001:db8::/64"), true},
		{e(schemas.EntityAddress, "2001:db8:1::1"), e(schemas.EntityAddress, "2001:db8::/64"), false},
		{e(schemas.EntityAddress, "192.0.2.1"), e(schemas.EntityAddress, "192.0.2.2"), false},
		{e(schemas.EntityRoute, "POST /a/very/long/path"), e(schemas.EntityRoute, "POST /a/very~00112233"), true},
		{e(schemas.EntityRoute, "POST /another"), e(schemas.EntityRoute, "POST /a/very~00112233"), false},
		{principal("a"), principal("~00112233"), false},
	} {
		assert.Equal(t, tt.want, same(tt.plant, tt.found), "%v and %v", tt.plant, tt.found)
	}
}
