package alerting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

func TestListInPages(t *testing.T) {
	r := open(t, logPath(t), nil)
	for i := range 25 {
		r.offer(t, caller(spike, fmt.Sprintf("p%02d", i), i, schemas.Severity(i%3)))
	}
	r.offer(t, plot("campaign.extraction", noon.Add(3*time.Minute), 3))
	r.cease(t, ended(caller(spike, "p05", 5, 0), 60))
	names := func(f Filter) string {
		t.Helper()
		list, err := r.List(f)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, a := range list {
			if a.History != nil {
				t.Error("a list has histories")
			}
			out = append(out, a.Entity.Name)
		}
		return strings.Join(out, " ")
	}
	if got := names(Filter{Limit: 3}); got != "p05 p24 p23" { // p05 has ended, and was seen until then
		t.Errorf("the first page is %s", got)
	}
	// All pages together are all, in order.
	var all []string
	for f := (Filter{Limit: 7}); ; {
		list, err := r.List(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, a := range list {
			all = append(all, a.Entity.Name)
		}
		f.After = list[len(list)-1].ID
	}
	if len(all) != 26 || !slices.Contains(all, "c-3f9a0c11d2e4") || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 26 {
		t.Errorf("the pages have %v", all)
	}
	if got := names(Filter{Since: noon.Add(28 * time.Minute)}); got != "p05 p24 p23" {
		t.Errorf("since: %s", got)
	}
	if got := names(Filter{Matchers: []string{"severity>=medium", "kind=principal"}, Limit: 2}); got != "p05 p23" {
		t.Errorf("matchers: %s", got)
	}
	if got := names(Filter{Open: true}); strings.Contains(got, "p05") || len(strings.Fields(got)) != 25 {
		t.Errorf("open: %s", got)
	}
	for _, f := range []Filter{{Limit: -1}, {Limit: 1001}, {Matchers: []string{"nonsense"}}, {After: "no such alert"}} {
		if _, err := r.List(f); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	if _, err := r.List(Filter{After: strings.Repeat("0", 32)}); !errors.Is(err, ErrNoAlert) {
		t.Errorf("got %v", err)
	}
}

func TestIdsCanBeCut(t *testing.T) {
	r := open(t, "", nil)
	var ids []string
	for _, a := range r.offer(t, many(5000, noon, schemas.SeverityLow)...) {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	twins := 0
	for i, id := range ids {
		a, err := r.Alert(id[:6])
		if i > 0 && ids[i-1][:6] == id[:6] || i+1 < len(ids) && ids[i+1][:6] == id[:6] {
			twins++
			if !errors.Is(err, ErrAmbiguous) {
				t.Errorf("%s is not alone: got %v", id[:6], err)
			}
			continue
		}
		if err != nil || a.ID != id || len(a.History) != 1 {
			t.Fatalf("%s: %s, %v", id[:6], a.ID, err)
		}
	}
	t.Logf("%d of %d are not told apart by six characters", twins, len(ids))
	for _, id := range []string{"", ids[0][:5], "\x00\x00\x00\x00\x00\x00", strings.Repeat("x", 1<<16)} {
		if _, err := r.Alert(id); !errors.Is(err, ErrNoAlert) {
			t.Errorf("%.10q: got %v", id, err)
		}
	}
}

func TestSilences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, path := context.Background(), logPath(t)
		r := open(t, path, nil)
		want := schemas.Silence{Matchers: []string{"detector=rate.spike"}, Until: time.Now().Add(time.Hour), By: "alice\n", Comment: "known\x00 to us", ID: "mine", EndedBy: "x"}
		s, err := r.Silence(ctx, want)
		if err != nil || len(s.ID) != 12 || s.By != "alice" || s.Comment != "known  to us" && s.Comment != "known to us" || s.From.IsZero() || !s.Created.Equal(time.Now()) || s.EndedBy != "" {
			t.Fatalf("%+v, %v", s, err)
		}
		time.Sleep(time.Second)
		if again, err := r.Silence(ctx, want); err != nil || again.ID != s.ID || !again.Created.Equal(s.Created) {
			t.Errorf("again: %+v, %v", again, err)
		}
		later := want
		later.From, later.Until = time.Now().Add(2*time.Hour), time.Now().Add(3*time.Hour)
		next, err := r.Silence(ctx, later)
		if err != nil || next.ID == s.ID {
			t.Errorf("%+v, %v", next, err)
		}
		over, err := r.Unsilence(ctx, s.ID, "bob")
		if err != nil || over.EndedBy != "bob" || over.Ended.IsZero() {
			t.Errorf("%+v, %v", over, err)
		}
		if again, err := r.Unsilence(ctx, s.ID, "carol"); err != nil || again.EndedBy != "bob" {
			t.Errorf("ended again: %+v, %v", again, err)
		}
		if fresh, err := r.Silence(ctx, want); err != nil || fresh.ID == s.ID {
			t.Errorf("after its end: %+v, %v", fresh, err)
		}
		if _, err := r.Unsilence(ctx, "0123456789ab", "bob"); !errors.Is(err, ErrNoSilence) {
			t.Errorf("got %v", err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, path, nil)
		if list, err := r.Silences(false); err != nil || len(list) != 2 {
			t.Errorf("%+v hold or will, %v", list, err)
		}
		if list, err := r.Silences(true); err != nil || len(list) != 3 {
			t.Errorf("%+v in all, %v", list, err)
		}
		// They are kept for the retention.
		stop := r.run(t)
		time.Sleep(180 * time.Hour)
		stop()
		if list, err := r.Silences(true); err != nil || len(list) != 0 {
			t.Errorf("%+v are left, %v", list, err)
		}
	})
}

func TestUnsoundSilences(t *testing.T) {
	r := open(t, "", nil)
	good := func() schemas.Silence {
		return schemas.Silence{Matchers: []string{"tenant=a"}, Until: time.Now().Add(time.Hour), By: "x"}
	}
	for name, edit := range map[string]func(*schemas.Silence){
		"no matchers":    func(s *schemas.Silence) { s.Matchers = nil },
		"many matchers":  func(s *schemas.Silence) { s.Matchers = slices.Repeat(s.Matchers, 17) },
		"a long matcher": func(s *schemas.Silence) { s.Matchers[0] += strings.Repeat("a", 1<<10) },
		"a bad matcher":  func(s *schemas.Silence) { s.Matchers[0] = "=" },
		"of nobody":      func(s *schemas.Silence) { s.By = "\u200b" },
		"over already":   func(s *schemas.Silence) { s.Until = time.Now().Add(-time.Minute) },
		"without end":    func(s *schemas.Silence) { s.Until = time.Time{} },
		"for years":      func(s *schemas.Silence) { s.Until = time.Now().Add(400 * 24 * time.Hour) },
		"backwards":      func(s *schemas.Silence) { s.From = s.Until.Add(time.Minute) },
	} {
		s := good()
		edit(&s)
		if _, err := r.Silence(context.Background(), s); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := r.Silence(context.Background(), good()); err != nil {
		t.Error(err)
	}
}

func TestAllowances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, path := context.Background(), logPath(t)
		var told []string
		hooks := Hooks{Allowed: func(list []schemas.Allowance) {
			var who []string
			for _, a := range list {
				who = append(who, a.Principal+a.Tenant)
			}
			slices.Sort(who)
			told = append(told, strings.Join(who, "+"))
		}}
		r := open(t, path, nil)
		r.Use(hooks)
		a, err := r.Allow(ctx, schemas.Allowance{Principal: "p", Detector: "rate", Until: time.Now().Add(time.Hour), By: "alice", Reason: "load test"})
		if err != nil || len(a.ID) != 12 {
			t.Fatalf("%+v, %v", a, err)
		}
		if again, err := r.Allow(ctx, schemas.Allowance{Principal: "p", Detector: "rate", Until: a.Until, By: "alice", Reason: "load test"}); err != nil || again.ID != a.ID {
			t.Errorf("again: %+v, %v", again, err)
		}
		b, err := r.Allow(ctx, schemas.Allowance{Tenant: "t", Until: time.Now().Add(50 * time.Hour), By: "alice", Reason: "migration"})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, path, nil)
		r.Use(hooks)
		stop := r.run(t)
		time.Sleep(2 * time.Hour)
		if over, err := r.Disallow(ctx, b.ID, "bob"); err != nil || over.EndedBy != "bob" {
			t.Errorf("%+v, %v", over, err)
		}
		stop()
		if got := strings.Join(told, " "); got != " p p p+t p+t t " {
			t.Errorf("the program was told %q", told)
		}
		if list, err := r.Allowances(false); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		if list, err := r.Allowances(true); err != nil || len(list) != 2 {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := r.Disallow(ctx, "nothing", "bob"); !errors.Is(err, ErrNoAllow) {
			t.Errorf("got %v", err)
		}
	})
}

func TestUnsoundAllowances(t *testing.T) {
	r := open(t, "", nil)
	for name, a := range map[string]schemas.Allowance{
		"everything": {Detector: "rate", Until: time.Now().Add(time.Hour), By: "x", Reason: "y"},
		"of nobody":  {Tenant: "t", Until: time.Now().Add(time.Hour), Reason: "y"},
		"no reason":  {Tenant: "t", Until: time.Now().Add(time.Hour), By: "x"},
		"for ever":   {Tenant: "t", By: "x", Reason: "y"},
		"too long":   {Tenant: strings.Repeat("t", 513), Until: time.Now().Add(time.Hour), By: "x", Reason: "y"},
		"no address": {Client: "192.0.2", Until: time.Now().Add(time.Hour), By: "x", Reason: "y"},
		"two":        {Principal: "p", Client: "192.0.2.1", Until: time.Now().Add(time.Hour), By: "x", Reason: "y"},
		"no text":    {Tenant: "\xff", Until: time.Now().Add(time.Hour), By: "x", Reason: "y"},
	} {
		if _, err := r.Allow(context.Background(), a); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// What is kept is bounded, and made room in once it was over for long enough.
func TestSilencesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, logPath(t), func(c *Config) { c.Retention = time.Hour })
		if err := r.Open(); err != nil {
			t.Fatal(err)
		}
		if err := r.db.Update(func(tx *bolt.Tx) error {
			for i := range maxKept - 1 {
				s := schemas.Silence{ID: fmt.Sprintf("%012x", i), Matchers: []string{"tenant=a"}, Until: time.Now().Add(time.Hour)}
				if err := journal.Put(tx.Bucket(journal.Silences), []byte(s.ID), &s); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		r.silence(t, time.Hour, "tenant=b")
		if err := r.silenceErr(context.Background()); err == nil || !strings.Contains(err.Error(), "at most 10000") {
			t.Errorf("one too many: %v", err)
		}
		stop := r.run(t)
		time.Sleep(4 * time.Hour)
		stop()
		if err := r.silenceErr(context.Background()); err != nil {
			t.Errorf("none is left after the retention, and yet: %v", err)
		}
	})
}

func TestRouteSaysWhereAnAlertGoes(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	a := r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))[0]
	d, err := r.Route(&a)
	if err != nil || len(d.Targets) != 1 || d.Targets[0].Sink != "s" || d.Muted != "" {
		t.Errorf("%+v, %v", d, err)
	}
	s := r.silence(t, time.Hour, `entity="p"`)
	if d, err = r.Route(&a); err != nil || d.Muted != "silence "+s.ID {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestActsOfAClosedManager(t *testing.T) {
	r := open(t, logPath(t), nil)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for name, f := range map[string]func() error{
		"ack":      func() error { _, err := r.Acknowledge(ctx, "abcdef", "x", ""); return err },
		"list":     func() error { _, err := r.List(Filter{}); return err },
		"alert":    func() error { _, err := r.Alert("abcdef"); return err },
		"silences": func() error { _, err := r.Silences(true); return err },
		"silence":  func() error { return r.silenceErr(ctx) },
		"cease":    func() error { _, err := r.Cease(ctx, nil); return err },
		"seed":     func() error { return r.Seed(nil, nil) },
		"route":    func() error { _, err := r.Route(&schemas.Alert{}); return err },
	} {
		if err := f(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func (r *rig) silenceErr(ctx context.Context) error {
	_, err := r.Silence(ctx, schemas.Silence{Matchers: []string{"tenant=a"}, Until: time.Now().Add(time.Hour), By: "x"})
	return err
}
