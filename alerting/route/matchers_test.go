package route

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

// stuffed is an alert of two rules about an address and the principal behind it.
func stuffed() *schemas.Alert {
	client := schemas.Entity{Kind: schemas.EntityAddress, Name: "117.161.29.118"}
	caller := schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:AAAA"}
	return &schemas.Alert{
		ID: "4f2c1a", Severity: schemas.SeverityHigh, Confidence: 0.9, Detector: "authfail.stuffing", Entity: client,
		Tenant: "acme", State: schemas.AlertUpdated, FirstSeen: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		Parts: []schemas.AlertPart{
			{Detector: "authfail.stuffing", Entity: client, Severity: schemas.SeverityMedium},
			{Detector: "credential.takeover", Entity: caller, Severity: schemas.SeverityHigh},
		},
		Finding: schemas.Finding{Provider: "openai", Model: "gpt-4o-mini",
			Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110.004"}}},
	}
}

func campaign() *schemas.Alert {
	e := schemas.Entity{Kind: schemas.EntityCampaign, Name: "c-0123456789ab"}
	return &schemas.Alert{ID: "c0ffee", Severity: schemas.SeverityCritical, Confidence: 0.99, Detector: "campaign.distillation", Entity: e,
		FirstSeen: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		Parts:     []schemas.AlertPart{{Detector: "campaign.distillation", Entity: e, Severity: schemas.SeverityCritical}},
		Finding:   schemas.Finding{Campaign: &schemas.Campaign{ID: e.Name}}}
}

func TestMatch(t *testing.T) {
	odd := stuffed()
	odd.Parts = odd.Parts[:1]
	odd.Parts[0].Entity.Name = "POST /v1/\"chat\\\" *\n日本\u202e,x=y"
	odd.Entity = odd.Parts[0].Entity
	for _, c := range []struct {
		matcher string
		alert   *schemas.Alert
		want    bool
	}{
		{"severity=high", stuffed(), true},
		{"severity=medium", stuffed(), false},
		{"severity!=high", stuffed(), false},
		{"severity>=high", stuffed(), true},
		{"severity>=critical", stuffed(), false},
		{"severity>high", stuffed(), false},
		{"severity>medium", stuffed(), true},
		{"severity<=high", stuffed(), true},
		{"severity<high", stuffed(), false},
		{`severity=~"high|critical"`, stuffed(), true},
		{`severity!~"high|critical"`, stuffed(), false},
		{" severity >= high ", stuffed(), true},
		{`severity>="high"`, stuffed(), true},
		{"confidence>=0.9", stuffed(), true},
		{"confidence>0.9", stuffed(), false},
		{"confidence<0.95", stuffed(), true},
		{"confidence<=0.5", stuffed(), false},
		{"confidence=0.9", stuffed(), true},
		{"confidence!=0.9", stuffed(), false},
		{"detector=authfail.stuffing", stuffed(), true},
		{"detector=credential.takeover", stuffed(), true},
		{"detector=authfail.brute_force", stuffed(), false},
		{"detector=authfail.*", stuffed(), true},
		{"detector=authfail.s*", stuffed(), true},
		{"detector=auth*", stuffed(), true},
		{"detector=*", stuffed(), true},
		{"detector=authfail", stuffed(), true}, // a family
		{"detector=auth", stuffed(), false},
		{"detector=authfail.stuff", stuffed(), false},
		{"detector!=authfail.*", stuffed(), false},
		{"detector!=authfail", stuffed(), false},
		{"detector!=rate.*", stuffed(), true},
		{`detector=~"auth.*"`, stuffed(), true},
		{`detector=~"auth"`, stuffed(), false}, // all of it has to match
		{`detector=~stuffing|.*takeover`, stuffed(), true},
		{`detector!~"auth.*"`, stuffed(), false},
		{`detector!~"rate.*|extraction.*"`, stuffed(), true},
		{`detector=~"(?i)AUTHFAIL\.STUFFING"`, stuffed(), true},
		{`detector=~"authfail\\.stuffing"`, stuffed(), true},
		{"family=credential", stuffed(), true},
		{"family=extraction", stuffed(), false},
		{"family!=authfail", stuffed(), false},
		{"entity=117.161.29.118", stuffed(), true},
		{`entity="h1:k1:AAAA"`, stuffed(), true},
		{"entity=h1:k1:*", stuffed(), true},
		{`entity="h1:k1:*"`, stuffed(), false}, // in quotes it is meant as it is
		{"entity!=117.161.29.118", stuffed(), false},
		{"entity!=198.51.100.1", stuffed(), true},
		{"kind=principal", stuffed(), true},
		{"kind=address", stuffed(), true},
		{"kind!=campaign", stuffed(), true},
		{"kind=campaign", campaign(), true},
		{"tenant=acme", stuffed(), true},
		{"tenant=ac*", stuffed(), true},
		{"tenant!=acme", stuffed(), false},
		{`tenant=""`, stuffed(), false},
		{`tenant=""`, campaign(), true},
		{`tenant!=""`, campaign(), false},
		{"tenant!=acme", campaign(), true},
		{"tenant=*", campaign(), true},
		{"provider=openai", stuffed(), true},
		{"model=gpt-4o*", stuffed(), true},
		{"model=gpt-4o", stuffed(), false},
		{"technique=T1110.*", stuffed(), true},
		{"technique=T1110.004", stuffed(), true},
		{`technique=""`, campaign(), true},
		{"state=updated", stuffed(), true},
		{"state!=resolved", stuffed(), true},
		{"state=open", stuffed(), false},
		{"alert=4f2c1a", stuffed(), true},
		{"alert=4f2c*", stuffed(), true},
		{"alert=4f2c", stuffed(), false},
		{"campaign=c-0123456789ab", campaign(), true},
		{`campaign=""`, stuffed(), true},
		{`campaign!=""`, stuffed(), false},
		{`campaign!=""`, campaign(), true},
		{Equal("entity", odd.Entity.Name), odd, true},
		{Equal("entity", odd.Entity.Name), stuffed(), false},
		{`entity=~".*x=y"`, odd, true}, // . is a line feed too: nobody hides behind one
		{"entity=POST /v1/*", odd, true},
	} {
		t.Run(c.matcher, func(t *testing.T) {
			m, err := ParseMatchers([]string{c.matcher})
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Match(c.alert); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAllMatchersHaveToMatch(t *testing.T) {
	for want, list := range map[bool][]string{
		true:  {"severity>=high", "tenant=acme", "detector=authfail.*"},
		false: {"severity>=high", "tenant=acme", "detector=rate.*"},
	} {
		m, err := ParseMatchers(list)
		if err != nil || m.Len() != 3 {
			t.Fatal(m.Len(), err)
		}
		if m.Match(stuffed()) != want {
			t.Errorf("%v: got %v", list, !want)
		}
	}
	if !(Matchers{}).Match(stuffed()) {
		t.Error("no matchers do not match")
	}
}

// TestAFieldThatCallersWriteCannotWidenASilence is about what is made of an
// alert's own values: a caller may be called "*".
func TestAFieldThatCallersWriteCannotWidenASilence(t *testing.T) {
	for _, name := range []string{"*", `"`, `" tenant=`, `\`, `\"*`, "a\nb*", "*,severity>=info", ".*"} {
		for _, label := range []string{"entity", "tenant", "model", "provider"} {
			m, err := ParseMatchers([]string{Equal(label, name)})
			if err != nil {
				t.Fatalf("%s %q: %v", label, name, err)
			}
			if m.Match(stuffed()) {
				t.Errorf("%s %q matches another", label, name)
			}
			a := &schemas.Alert{Tenant: name, Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: name}, Finding: schemas.Finding{Model: name, Provider: name}}
			if !m.Match(a) {
				t.Errorf("%s %q does not match its own", label, name)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "has no operator: want"},
		{"severity", "has no operator"},
		{"=high", "has an unknown label: want one of severity, confidence,"},
		{"colour=red", "has an unknown label"},
		{"Severity=high", "has an unknown label"},
		{`{severity="high"}`, "has an unknown label"},
		{"severity~high", "has an unknown operator: want"},
		{"severity!high", "has an unknown operator"},
		{"severity=", "has no value: want"},
		{"severity==high", "has two operators: want"},
		{"severity=>high", "has two operators"},
		{"severity=high,tenant=acme", "has a comma or a quote in its value: want one matcher an entry"},
		{`tenant=ac"me"`, "has a comma or a quote"},
		{`tenant="acme`, "has no closing quote: want"},
		{`tenant="`, "has no closing quote"},
		{`tenant="acme\"`, "has no closing quote"},
		{`tenant="acme" severity="high"`, "has text after the closing quote: want"},
		{"severity=loud", "has an unknown severity: want info, low,"},
		{"severity>=loud", "has an unknown severity"},
		{`severity=""`, "has an unknown severity"},
		{"confidence=most", "has no confidence: want a number"},
		{"confidence>=1.5", "has no confidence"},
		{"confidence>=NaN", "has no confidence"},
		{"confidence>=-0.1", "has no confidence"},
		{`confidence=~"0.9.*"`, "holds an expression against confidence: want"},
		{"kind=person", "has an unknown kind: want principal,"},
		{"kind=none", "has an unknown kind"},
		{"state=closed", "has an unknown state: want open,"},
		{"tenant>=acme", "compares tenant by size: want =,"},
		{"detector<x", "compares detector by size"},
		{`detector="authfail.*"`, "has a quoted * at its end, which no detector has: want it without quotes"},
		{`detector=~"("`, "has an expression that is not valid: want RE2"},
		{`detector=~"a)|(b"`, "has an expression that is not valid"},
		{`detector=~"(?=a)"`, "has an expression that is not valid"},
		{`detector=~"((((a{10}){10}){10}){10})"`, "has an expression that is"},
		{`detector=~"(a{30}){30}{30}"`, "has an expression that is"},
		{`detector=~"(x+x+)+y{1000}z{999}"`, "has an expression that is too large: want at most 2000"},
		{`detector=~"` + strings.Repeat("(", 900) + `"`, "has an expression that is not valid"},
		{"entity=" + strings.Repeat("x", 1020), "has 1027 bytes: want at most 1024"},
		{"entity=\xff", "is not UTF-8: want"},
	} {
		_, err := ParseMatchers([]string{"severity>=low", c.text})
		if err == nil || !strings.HasPrefix(err.Error(), "matchers[1] "+c.want) {
			t.Errorf("%.60q: got %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := ParseMatchers(make([]string, 17)); err == nil || err.Error() != "matchers has 17 entries: want at most 16" {
		t.Errorf("17 matchers: %v", err)
	}
}

// TestExpressionsTakeLinearTime holds what explodes in engines that backtrack
// against long names.
func TestExpressionsTakeLinearTime(t *testing.T) {
	a := stuffed()
	a.Entity.Name = strings.Repeat("a", 512) + "!"
	for _, text := range []string{`entity=~"(a+)+"`, `entity=~"(a|aa)+"`, `entity=~"(a|a?)+"`, `entity=~"(.*)(.*)(.*)(.*)(.*)b"`, `entity=~"(x{0,20}a{0,20}){0,20}y"`} {
		m, err := ParseMatchers([]string{text})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		begin := time.Now()
		for range 20 {
			if m.Match(a) {
				t.Fatalf("%s matches", text)
			}
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s took %v", text, took/20)
		}
	}
}

func TestLabels(t *testing.T) {
	list := Labels()
	if len(list) != int(labels) {
		t.Fatalf("%d names for %d labels", len(list), labels)
	}
	list[0] = "changed"
	if Labels()[0] != "severity" {
		t.Error("the list is shared")
	}
	for _, name := range Labels() { // each has values, also of an empty alert
		l, ok := labelOf(name)
		for _, a := range []*schemas.Alert{{}, stuffed(), campaign()} {
			if v := newSubject(a).of(l); !ok || len(v) == 0 {
				t.Errorf("%s has no values", name)
			}
		}
	}
}

func FuzzParseMatchers(f *testing.F) {
	for _, s := range []string{"severity>=high", `entity="a\"b\\c"`, `detector=~"auth.*"`, "detector=authfail.*", `model!~(a{10}){10}`, "confidence<0.5", `tenant=""`, "kind=~x", "=", "severity=\x00"} {
		f.Add(s)
	}
	alerts := []*schemas.Alert{stuffed(), campaign(), {}}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMatchers([]string{text})
		if err != nil {
			if !strings.Contains(err.Error(), "want") {
				t.Fatalf("the error does not say what is allowed: %v", err)
			}
			return
		}
		for _, a := range alerts {
			got := m.Match(a)
			for op, not := range map[string]string{"=~": "!~", "=": "!="} {
				at := strings.IndexAny(text, "=!<>~")
				if rest, ok := strings.CutPrefix(text[at:], op); ok && !strings.HasPrefix(rest, "~") {
					other, err := ParseMatchers([]string{text[:at] + not + rest})
					if err != nil || other.Match(a) == got {
						t.Fatalf("%q: its contrary says the same, %v", text, err)
					}
				}
			}
			if line := shown(m.list[0].wants); !utf8.ValidString(line) || strings.ContainsAny(line, "\n\r\x1b") || utf8.RuneCountInString(line) > maxShown {
				t.Fatalf("it is shown as %q", line)
			}
		}
		exact, err := ParseMatchers([]string{Equal("entity", text)})
		if err == nil && utf8.ValidString(text) && !exact.Match(&schemas.Alert{Entity: schemas.Entity{Name: text}}) {
			t.Fatalf("Equal of %q does not match it", text)
		}
	})
}
