package alerting

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// oldLog is a log of version 1, written by the program of that time: two alerts of
// the caller h1:k1:jane, one of a route, one that is resolved, all of which sink s
// was told of, and one that waits.
func oldLog(t *testing.T) string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "alerts-v1.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "alerts.db")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUpgrade(t *testing.T) {
	path := oldLog(t)
	s := &fakeSink{name: "s"}
	r := open(t, path, nil, s, &fakeSink{name: "new"})
	if err := r.Open(); err != nil {
		t.Fatal(err)
	}
	if got := r.Pending(); len(got) != 1 || got[0].Sink != "s" {
		t.Errorf("%v wait, want the one that did", got)
	}
	alerts, err := r.Alerts()
	if err != nil || len(alerts) != 5 {
		t.Fatalf("%d alerts, %v", len(alerts), err)
	}
	for _, a := range alerts {
		if len(a.Parts) != 1 || a.Parts[0].Detector != a.Detector || a.Parts[0].Entity != a.Entity || a.Parts[0].Severity != a.Severity ||
			a.Parts[0].Findings != a.Findings || !a.Parts[0].LastSeen.Equal(a.LastSeen) {
			t.Errorf("parts of %s are %+v", a.Entity.Name, a.Parts)
		}
	}
	list, err := r.List(Filter{Open: true})
	if err != nil || len(list) != 4 || list[0].Detector != "keyabuse.networks" {
		t.Errorf("%d are listed, %v", len(list), err)
	}
	// The caller's later alert goes on, and tells the sink that was told and the
	// one that is new.
	before := len(r.Pending())
	got := r.offer(t, caller(spike, "h1:k1:jane", 40, schemas.SeverityLow))
	if len(got) != 1 || got[0].ID != list[0].ID || len(got[0].Parts) != 2 || got[0].Sequence != list[0].Sequence+1 || got[0].Finding.ID != list[0].Finding.ID {
		t.Errorf("the caller's next finding is in %+v", got)
	}
	if n := len(r.Pending()) - before; n != 2 {
		t.Errorf("%d are told", n)
	}
	// A route's goes on by its rule.
	route := about(spike, schemas.EntityRoute, "GET /v1/models", 40, schemas.SeverityLow)
	if got := r.offer(t, route); len(got) != 1 || got[0].Findings != 2 {
		t.Errorf("the route's next finding is in %+v", got)
	}
	// It was not noted who was told: all sinks are told of the end.
	before = len(r.Pending())
	if got := r.cease(t, ended(route, 60)); len(got) != 1 || got[0].State != schemas.AlertResolved {
		t.Errorf("%v", got)
	}
	if n := len(r.Pending()) - before; n != 2 {
		t.Errorf("%d are told of the end, want both", n)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	// It is of version 2 now, and everything is found again.
	r = open(t, path, nil, s, &fakeSink{name: "new"})
	if alerts, err = r.Alerts(); err != nil || len(alerts) != 5 {
		t.Errorf("%d alerts, %v", len(alerts), err)
	}
	if err := r.db.View(func(tx *bolt.Tx) error {
		if v := journal.Version(tx); v != journal.Version2 {
			t.Errorf("the log is of version %s", v)
		}
		if n := tx.Bucket(journal.Recent).Stats().KeyN; n != 5 {
			t.Errorf("%d in the index, want 5", n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestForgetInAnOldLog(t *testing.T) {
	path := oldLog(t)
	n, err := Forget(path, func(entry []byte) bool { return bytes.Contains(entry, []byte("h1:k1:jane")) })
	if err != nil || n < 2 {
		t.Fatalf("%d entries, %v", n, err)
	}
	body, err := os.ReadFile(path)
	if err != nil || bytes.Contains(body, []byte("jane")) {
		t.Errorf("the name is still there, %v", err)
	}
	r := open(t, path, nil, &fakeSink{name: "s"})
	if alerts, err := r.Alerts(); err != nil || len(alerts) != 3 {
		t.Errorf("%d alerts, %v", len(alerts), err)
	}
}

// Every bucket is searched: actors of incidents, members of campaigns, silences
// and allowances.
func TestForgetEverywhere(t *testing.T) {
	path := logPath(t)
	r := open(t, path, nil)
	r.offer(t, ties(address(spike, "h2:k1:net", 0, schemas.SeverityLow), "h1:k1:jane"))
	plotted := plot("campaign.extraction", noon, 30)
	plotted.Campaign.Members[29].Principal = "h1:k1:jane"
	plotted.Campaign.Named = plotted.Campaign.Named[:20]
	r.offer(t, plotted)
	ctx := context.Background()
	r.silence(t, time.Hour, `entity="h1:k1:jane"`)
	if _, err := r.Allow(ctx, schemas.Allowance{Principal: "h1:k1:jane", Until: time.Now().Add(time.Hour), By: "x", Reason: "y"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := Forget(path, func(entry []byte) bool { return bytes.Contains(entry, []byte("h1:k1:jane")) }); err != nil || n < 4 {
		t.Errorf("%d entries, %v", n, err)
	}
	body, err := os.ReadFile(path)
	if err != nil || bytes.Contains(body, []byte("jane")) {
		t.Errorf("the name is still there, %v", err)
	}
	r = open(t, path, nil)
	if got := r.offer(t, caller(spike, "h1:k1:jane", 10, schemas.SeverityLow)); len(got) != 1 || got[0].Sequence != 1 || len(got[0].Parts) != 1 {
		t.Errorf("the next finding is in %+v", got)
	}
	if got := r.offer(t, caller(spike, "member-3", 10, schemas.SeverityLow)); len(got) != 1 || got[0].Entity.Kind != schemas.EntityCampaign {
		t.Errorf("another member's is in %+v", got)
	}
}

// A new machine goes on with what the store has.
func TestSeed(t *testing.T) {
	one := open(t, logPath(t), nil, &fakeSink{name: "s"})
	one.offer(t, ties(address(stuffing, "a", 0, schemas.SeverityMedium), "p"), caller(spike, "q", -90, schemas.SeverityLow),
		caller(spike, "ancient", -10*24*60, schemas.SeverityLow), plot("campaign.extraction", noon, 3),
		about(spike, schemas.EntityRoute, "r", 0, schemas.SeverityLow))
	one.offer(t, caller(success, "p", 5, schemas.SeverityHigh))
	alerts, err := one.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	// As the store gives them: through JSON.
	doc, err := json.Marshal(alerts)
	if err != nil {
		t.Fatal(err)
	}
	var stored []schemas.Alert
	if err := json.Unmarshal(doc, &stored); err != nil {
		t.Fatal(err)
	}
	stored = append(stored, schemas.Alert{ID: "bad"}, stored[0])
	two := open(t, logPath(t), nil, &fakeSink{name: "s"})
	if err := two.Seed(stored, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(two.Pending()); n != 0 {
		t.Errorf("%d are told again", n)
	}
	if got, err := two.Alerts(); err != nil || len(got) != len(alerts)-1 {
		t.Errorf("%d alerts of %d, %v; want all but the ancient one", len(got), len(alerts), err)
	}
	if v := two.value(t, "open_alerts"); v != 3 {
		t.Errorf("%v are open, want 3", v)
	}
	if err := two.Seed(stored[:1], nil); err != nil {
		t.Error("a log that has alerts was not left as it is")
	}
	// Both go on alike.
	for _, f := range []schemas.Finding{caller(networks, "p", 10, schemas.SeverityMedium), caller(spike, "q", 20, schemas.SeverityLow),
		about(spike, schemas.EntityRoute, "r", 20, schemas.SeverityLow), plot("campaign.extraction", noon.Add(30*time.Minute), 3)} {
		a, b := one.offer(t, f), two.offer(t, f)
		if a[0].ID != b[0].ID || line(a[0]) != line(b[0]) || a[0].Title != b[0].Title || a[0].Summary != b[0].Summary {
			t.Errorf("one: %s %s, two: %s %s", a[0].ID, line(a[0]), b[0].ID, line(b[0]))
		}
	}
	// And the sink that was told there is told the end here.
	end := about(spike, schemas.EntityRoute, "r", 20, schemas.SeverityLow)
	before := len(two.Pending())
	if got := two.cease(t, ended(end, 60)); len(got) != 1 || len(two.Pending()) != before+1 {
		t.Errorf("%v", got)
	}
}

// The largest alert that anybody can make stays within the bound of an entry.
func TestEntriesAreBounded(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	bad := strings.Repeat("\x01", 1<<16)
	var id string
	for i := range 60 {
		f := caller("rules.r"+bad[:480]+string(rune('a'+i%26))+string(rune('a'+i/26)), bad, i, schemas.Severity(i%5))
		f.Title, f.Summary, f.Query, f.Tenant, f.Provider, f.Model = bad, bad, bad, bad, bad, bad
		for range 40 {
			f.Features = append(f.Features, schemas.Feature{Name: bad, Unit: bad, Text: bad})
			f.Techniques = append(f.Techniques, schemas.Technique{Framework: bad, ID: bad, Name: bad})
			f.Samples = append(f.Samples, bad)
		}
		f.Related = []schemas.Entity{{Kind: schemas.EntityAddress, Name: bad}, {Name: bad}, {Name: bad}, {Name: bad}, {Name: bad}}
		f.Exception, f.Campaign = nil, &schemas.Campaign{ID: bad, Links: make([]schemas.Link, 100), Named: []string{bad, bad, bad, bad, bad}}
		f.ID = ""
		id = r.offer(t, f)[0].ID
	}
	for range 30 {
		if _, err := r.Comment(context.Background(), id, "alice", bad+strings.Repeat("x", 1<<12)); err == nil {
			continue
		}
	}
	if err := r.db.View(func(tx *bolt.Tx) error {
		worst := 0
		if err := tx.Bucket(journal.Alerts).ForEach(func(_, v []byte) error {
			worst = max(worst, len(v))
			return nil
		}); err != nil {
			return err
		}
		if worst > 64<<10 || worst < 1<<10 {
			t.Errorf("the largest entry has %d bytes, want at most 64 KiB", worst)
		}
		return tx.Bucket(journal.Outbox).Bucket([]byte("s")).ForEach(func(_, v []byte) error {
			if len(v) > 66<<10 {
				t.Errorf("a notification has %d bytes", len(v))
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Alert(id); err != nil {
		t.Error(err)
	}
}
