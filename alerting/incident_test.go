package alerting

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// about makes a finding of a rule about an entity, n minutes after noon.
func about(rule string, kind schemas.EntityKind, name string, minute int, sev schemas.Severity) schemas.Finding {
	f := finding(name, noon.Add(time.Duration(minute)*time.Minute), sev)
	f.Detector, f.Entity.Kind = rule, kind
	_, words, _ := strings.Cut(rule, ".")
	f.Title = strings.ReplaceAll(words, "_", " ") + ": a hundred of them"
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	return f
}

func caller(rule, name string, minute int, sev schemas.Severity) schemas.Finding {
	return about(rule, schemas.EntityPrincipal, name, minute, sev)
}

func address(rule, name string, minute int, sev schemas.Severity) schemas.Finding {
	return about(rule, schemas.EntityAddress, name, minute, sev)
}

// ties gives the finding related entities of the other kind, all of them.
func ties(f schemas.Finding, names ...string) schemas.Finding {
	kind := schemas.EntityPrincipal
	if f.Entity.Kind == schemas.EntityPrincipal {
		kind = schemas.EntityAddress
	}
	for _, n := range names {
		f.Related = append(f.Related, schemas.Entity{Kind: kind, Name: n})
	}
	f.RelatedAll = true
	return f
}

// some is like ties, but there are more.
func some(f schemas.Finding, names ...string) schemas.Finding {
	f = ties(f, names...)
	f.RelatedAll = false
	return f
}

const (
	stuffing = "authfail.credential_stuffing"
	success  = "authfail.success_after_failures"
	networks = "keyabuse.networks"
	spike    = "rate.spike"
)

// incidents says in short which alerts there are: the parts of each, in order.
func incidents(t *testing.T, r *rig) []string {
	t.Helper()
	alerts, err := r.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range alerts {
		var parts []string
		for _, p := range a.Parts {
			parts = append(parts, p.Detector+" "+p.Entity.Name)
		}
		out = append(out, strings.Join(parts, ", "))
	}
	slices.Sort(out)
	return out
}

func TestStories(t *testing.T) {
	const low, medium = schemas.SeverityLow, schemas.SeverityMedium
	var crowd []string
	for i := range 5 {
		crowd = append(crowd, fmt.Sprint("p", i))
	}
	for _, c := range []struct {
		name  string
		offer []schemas.Finding
		want  []string
	}{
		{"one caller, several rules",
			[]schemas.Finding{caller(spike, "p", 0, low), caller(networks, "p", 10, low), caller("spend.surge", "p", 20, low)},
			[]string{"rate.spike p, keyabuse.networks p, spend.surge p"}},
		{"two callers",
			[]schemas.Finding{caller(spike, "p", 0, low), caller(spike, "q", 10, low)},
			[]string{"rate.spike p", "rate.spike q"}},
		{"a caller and an address of the same name",
			[]schemas.Finding{caller(spike, "x", 0, low), address(spike, "x", 10, low)},
			[]string{"rate.spike x", "rate.spike x"}},
		{"what is healthy or not is a story of its own",
			[]schemas.Finding{caller(spike, "p", 0, low), caller("silence.principal", "p", 10, low), caller("feed.lag", "p", 10, low)},
			[]string{"feed.lag p", "rate.spike p", "silence.principal p"}},
		{"routes and models go by rule and entity",
			[]schemas.Finding{about(spike, schemas.EntityRoute, "r", 0, low), about("errors.rate", schemas.EntityRoute, "r", 1, low),
				about(spike, schemas.EntityRoute, "r", 9, low), about(spike, schemas.EntityModel, "r", 9, low)},
			[]string{"errors.rate r", "rate.spike r", "rate.spike r"}},
		{"stuffing, then success, then abuse of what was taken",
			[]schemas.Finding{some(address(stuffing, "a", 0, medium), crowd[:4]...), ties(caller(success, "p9", 4, medium), "a"), caller(networks, "p9", 60, medium)},
			[]string{"authfail.credential_stuffing a, authfail.success_after_failures p9, keyabuse.networks p9"}},
		{"an address joins the only caller behind it",
			[]schemas.Finding{caller(networks, "p", 0, low), ties(address(spike, "a", 5, low), "p")},
			[]string{"keyabuse.networks p, rate.spike a"}},
		{"a caller joins the address whose callers are all known",
			[]schemas.Finding{ties(address(spike, "a", 0, low), "x", "y"), ties(caller(networks, "p", 5, low), "a")},
			[]string{"rate.spike a, keyabuse.networks p"}},
		{"a caller that an address was said to be behind joins it from elsewhere",
			[]schemas.Finding{ties(address(stuffing, "a", 0, low), "p"), ties(caller(networks, "p", 5, low), "b")},
			[]string{"authfail.credential_stuffing a, keyabuse.networks p"}},
		{"a big network glues nobody together",
			[]schemas.Finding{some(address(spike, "nat", 0, low), crowd[:4]...), ties(caller(networks, "p1", 5, low), "nat"), ties(caller(networks, "p2", 6, low), "nat")},
			[]string{"keyabuse.networks p1", "keyabuse.networks p2", "rate.spike nat"}},
		{"callers of one address that nothing was found about are strangers",
			[]schemas.Finding{ties(caller(networks, "p1", 5, low), "nat"), ties(caller(networks, "p2", 6, low), "nat")},
			[]string{"keyabuse.networks p1", "keyabuse.networks p2"}},
		{"too many related tie nothing",
			[]schemas.Finding{caller(networks, "p1", 0, low), ties(address(spike, "a", 5, low), crowd...)},
			[]string{"keyabuse.networks p1", "rate.spike a"}},
		{"an address that has become big ties no more",
			[]schemas.Finding{ties(address(spike, "a", 0, low), "x"), some(address(spike, "a", 5, low), crowd[:4]...), ties(caller(networks, "p", 10, low), "a")},
			[]string{"keyabuse.networks p", "rate.spike a"}},
		{"what is over ties nothing",
			[]schemas.Finding{caller(networks, "p", 0, low), ties(address(spike, "a", 90, low), "p")},
			[]string{"keyabuse.networks p", "rate.spike a"}},
		{"related of the same kind tie nothing",
			[]schemas.Finding{caller(networks, "p", 0, low), func() schemas.Finding {
				f := caller(spike, "q", 5, low)
				f.Related, f.RelatedAll = []schemas.Entity{{Kind: schemas.EntityPrincipal, Name: "p"}}, true
				return f
			}()},
			[]string{"keyabuse.networks p", "rate.spike q"}},
		{"a later episode is another incident",
			[]schemas.Finding{caller(spike, "p", 0, low), caller(networks, "p", 8*60, low)},
			[]string{"keyabuse.networks p", "rate.spike p"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, logPath(t), nil)
			r.offer(t, c.offer...)
			if got := incidents(t, r); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			// One by one they become the same.
			one := open(t, logPath(t), nil)
			for _, f := range c.offer {
				one.offer(t, f)
			}
			if got := incidents(t, one); !slices.Equal(got, c.want) {
				t.Errorf("one by one: %q", got)
			}
		})
	}
}

func TestAnIncidentHasSixteenActors(t *testing.T) {
	r := open(t, logPath(t), nil)
	r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))
	for i := range 30 {
		r.offer(t, ties(address(spike, fmt.Sprint("a", i), 1+i, schemas.SeverityLow), "p"))
	}
	alerts, err := r.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, a := range alerts {
		most = max(most, len(a.Parts))
	}
	if most != 16 || len(alerts) != 16 {
		t.Errorf("%d alerts, the largest with %d actors; want 15 beside the one with 16", len(alerts), most)
	}
}

// The story of the README: words, severity and confidence of an incident.
func TestAStoryIsTold(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	r.offer(t, some(address(stuffing, "a", 5, schemas.SeverityMedium), "x"))
	r.offer(t, ties(caller(success, "p", 9, schemas.SeverityHigh), "a"))
	a := r.offer(t, caller(networks, "p", 70, schemas.SeverityMedium))[0]
	if a.Severity != schemas.SeverityCritical || a.Detector != success || a.Entity.Name != "p" || a.Finding.Detector != success {
		t.Errorf("%s leads with %s of %s", a.Severity, a.Detector, a.Entity.Name)
	}
	if want := "Many failures. Before that: credential stuffing from 1 address (12:05); after that: networks of 1 caller (13:10)."; a.Summary != want {
		t.Errorf("the summary is %q,\nwant %q", a.Summary, want)
	}
	if a.Title != "success after failures: a hundred of them" {
		t.Errorf("the title is %q", a.Title)
	}
	if a.Confidence < 0.98 || a.Confidence > 0.99 { // 1 - 0.2³ is 0.992
		t.Errorf("the confidence is %v", a.Confidence)
	}
	var what []string
	for _, e := range a.History {
		what = append(what, fmt.Sprint(e.Number, e.What))
	}
	if got := strings.Join(what, " "); got != "1opened 2grew 3worsened 4grew 5worsened" {
		t.Errorf("the history is %s", got)
	}
	if n := len(r.Pending()); n != 3 {
		t.Errorf("%d notifications, want one for each part", n)
	}
}

func TestSeverityOfAStory(t *testing.T) {
	const info, low, medium, high = schemas.SeverityInfo, schemas.SeverityLow, schemas.SeverityMedium, schemas.SeverityHigh
	doubtful := func(f schemas.Finding, confidence float64) schemas.Finding {
		f.Confidence = confidence
		return f
	}
	for _, c := range []struct {
		name  string
		offer []schemas.Finding
		want  schemas.Severity
	}{
		{"the worst part", []schemas.Finding{caller(spike, "p", 0, low), caller(networks, "p", 1, medium)}, medium},
		{"three families", []schemas.Finding{caller(spike, "p", 0, low), caller(networks, "p", 1, low), caller("spend.surge", "p", 2, low)}, medium},
		{"three rules of two families", []schemas.Finding{caller(spike, "p", 0, low), caller("rate.shift", "p", 1, low), caller(networks, "p", 2, low)}, low},
		{"what is informative does not count", []schemas.Finding{caller(spike, "p", 0, info), caller(networks, "p", 1, low), caller("spend.surge", "p", 2, low)}, low},
		{"a break-in and abuse", []schemas.Finding{caller(success, "p", 0, low), caller(networks, "p", 1, low)}, medium},
		{"a break-in and more failures", []schemas.Finding{caller(success, "p", 0, low), caller("authfail.brute_force", "p", 1, low)}, low},
		{"abuse long before a break-in", []schemas.Finding{caller(networks, "p", 0, low), caller(success, "p", 60, low)}, low},
		{"high and rather not so", []schemas.Finding{doubtful(caller(spike, "p", 0, high), 0.49)}, medium},
		{"high and as likely as not", []schemas.Finding{doubtful(caller(spike, "p", 0, high), 0.5)}, high},
		{"medium and rather not so", []schemas.Finding{doubtful(caller(spike, "p", 0, medium), 0.1)}, medium},
		{"two doubtful witnesses", []schemas.Finding{doubtful(caller(spike, "p", 0, high), 0.4), doubtful(caller(networks, "p", 1, low), 0.4)}, high},
		{"never above critical", []schemas.Finding{caller(success, "p", 0, schemas.SeverityCritical), caller(networks, "p", 1, low)}, schemas.SeverityCritical},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, logPath(t), nil)
			if a := r.offer(t, c.offer...)[0]; a.Severity != c.want {
				t.Errorf("got %s, want %s", a.Severity, c.want)
			}
		})
	}
}

// A hundred small findings do not hide a bad one: it takes a place in the list.
func TestPartsAreBounded(t *testing.T) {
	r := open(t, logPath(t), nil)
	for i := range 100 {
		r.offer(t, caller(fmt.Sprintf("rules.r%03d", i), "p", i%50, schemas.SeverityLow))
	}
	a := r.offer(t, caller(networks, "p", 50, schemas.SeverityHigh))[0]
	if len(a.Parts) != schemas.MaxParts || a.Severity != schemas.SeverityHigh || a.Detector != networks || a.Findings != 101 {
		t.Errorf("%d parts, %s by %s, %d findings", len(a.Parts), a.Severity, a.Detector, a.Findings)
	}
}

func TestACampaignAbsorbsItsMembers(t *testing.T) {
	s := &fakeSink{name: "s"}
	critical := &fakeSink{name: "critical"}
	r := open(t, logPath(t), func(c *Config) {
		c.Sinks = []SinkConfig{{Name: "s", Kind: "fake"}, {Name: "critical", Kind: "fake", MinSeverity: "critical"}}
	}, s, critical)
	r.offer(t, caller(spike, "member-3", -10, schemas.SeverityMedium), caller(spike, "member-4", -10, schemas.SeverityMedium), caller(spike, "stranger", -10, schemas.SeverityMedium))
	f := plot("campaign.extraction", noon, 12)
	f.Campaign.Members[4].Links = []string{schemas.KnownBefore}
	byName := map[string]schemas.Alert{}
	for _, a := range r.offer(t, f) {
		byName[a.Entity.Name] = a
	}
	campaign, member := byName[f.Entity.Name], byName["member-3"]
	if member.State != schemas.AlertResolved || member.MergedInto != campaign.ID || member.Sequence != 2 ||
		!strings.Contains(member.Outcome, "part of campaign "+f.Entity.Name) || member.Resolution == nil || member.Resolution.Comment != "part of campaign "+f.Entity.Name {
		t.Errorf("the member's incident is %s, merged into %q: %q", line(member), member.MergedInto, member.Outcome)
	}
	if _, ok := byName["member-4"]; ok {
		t.Error("a customer who is imitated went into the campaign")
	}
	told := map[string]int{}
	for _, d := range r.Pending() {
		told[d.Sink+" "+d.State.String()]++
	}
	if fmt.Sprint(told) != "map[s open:4 s resolved:1]" {
		t.Errorf("told: %v", told)
	}
	// What is found about a member, and about one that is new, is part of it.
	later := r.offer(t, caller(networks, "member-3", 40, schemas.SeverityMedium), caller(networks, "member-9", 41, schemas.SeverityMedium))
	if len(later) != 1 || later[0].ID != campaign.ID || later[0].State != schemas.AlertUpdated || later[0].Finding.Campaign == nil || len(later[0].Parts) != 3 {
		t.Errorf("%d alerts, the first is %s of %s", len(later), line(later[0]), later[0].Entity.Name)
	}
	// A known finding of the merged incident that became worse goes there too.
	worse := r.offer(t, caller(spike, "member-3", -10, schemas.SeverityCritical))
	if len(worse) != 1 || worse[0].ID != campaign.ID || worse[0].Severity != schemas.SeverityCritical || worse[0].Entity.Kind != schemas.EntityCampaign {
		t.Errorf("%+v", worse)
	}
	// The same campaign again absorbs nothing twice.
	if again := r.offer(t, f); len(again) != 1 || again[0].ID != campaign.ID {
		t.Errorf("%d alerts", len(again))
	}
	// Once it is over, a member's story is its own again.
	r.advance(t, noon.Add(12*24*time.Hour))
	own := r.offer(t, caller(networks, "member-3", 12*24*60, schemas.SeverityLow))
	if len(own) != 1 || own[0].ID == campaign.ID || own[0].ID == member.ID || own[0].Entity.Name != "member-3" {
		t.Errorf("%+v", own)
	}
}

// The largest campaign that a finding can name is taken up within bounds.
func TestALargeCampaign(t *testing.T) {
	r := open(t, "", nil, &fakeSink{name: "s"})
	var fs []schemas.Finding
	for i := range 600 {
		fs = append(fs, caller(spike, fmt.Sprint("member-", i), -10, schemas.SeverityLow))
	}
	r.offer(t, fs...)
	f := plot("campaign.extraction", noon, schemas.MaxMembers)
	start := time.Now()
	got := r.offer(t, f)
	t.Logf("%d members, 600 of them with incidents: %v", schemas.MaxMembers, time.Since(start))
	merged := 0
	for _, a := range got {
		if a.MergedInto != "" {
			merged++
		}
	}
	if merged != 600 {
		t.Errorf("%d incidents were taken up, want 600", merged)
	}
	for name, campaign := range map[string]bool{"member-9999": true, "member-10000": false} {
		a := r.offer(t, caller(networks, name, 10, schemas.SeverityLow))[0]
		if is := a.Entity.Kind == schemas.EntityCampaign; is != campaign {
			t.Errorf("%s is in the campaign's incident: %v", name, is)
		}
	}
}
