package alerting

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/schemas"
)

// A list that takes several transactions has every alert that the filter chooses,
// once and in order, whatever the pages.
func TestListTakesSeveralTransactions(t *testing.T) {
	r := open(t, "", nil, &fakeSink{name: "s"})
	for i := range 4 {
		r.offer(t, crowd(i*350, 350, i)...)
	}
	all, err := r.Alerts()
	if err != nil || len(all) != 1400 {
		t.Fatal(len(all), err)
	}
	for i := range all {
		if i%3 == 0 {
			if all[i], err = r.Resolve(context.Background(), all[i].ID, "alice", "over"); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.SortFunc(all, func(a, b schemas.Alert) int { return cmp.Or(b.LastSeen.Compare(a.LastSeen), cmp.Compare(b.ID, a.ID)) })
	since := all[500].LastSeen
	for name, c := range map[string]struct {
		filter Filter
		want   func(*schemas.Alert) bool
	}{
		"all":     {Filter{}, func(*schemas.Alert) bool { return true }},
		"open":    {Filter{Open: true}, func(a *schemas.Alert) bool { return a.State != schemas.AlertResolved }},
		"since":   {Filter{Since: since}, func(a *schemas.Alert) bool { return !a.LastSeen.Before(since) }},
		"later":   {Filter{Since: since.Add(time.Nanosecond), Open: true}, func(a *schemas.Alert) bool { return a.LastSeen.After(since) && a.State != schemas.AlertResolved }},
		"few":     {Filter{Matchers: []string{"tenant=t7"}}, func(a *schemas.Alert) bool { return a.Tenant == "t7" }},
		"nothing": {Filter{Matchers: []string{"tenant=nobody"}}, func(*schemas.Alert) bool { return false }},
	} {
		var want []string
		for i := range all {
			if c.want(&all[i]) {
				want = append(want, all[i].ID)
			}
		}
		for _, limit := range []int{7, 500, 1000} {
			var got []string
			for f := c.filter; ; {
				f.Limit = limit
				page, err := r.List(f)
				if err != nil {
					t.Fatal(err)
				}
				for i := range page {
					got = append(got, page[i].ID)
				}
				if len(page) < limit {
					break
				}
				f.After = page[limit-1].ID
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d: got %d alerts, want %d, or in another order", name, limit, len(got), len(want))
			}
		}
	}
}

// Nobody who looks for what is not there keeps a transaction open for long: the log
// could not grow meanwhile, and findings would wait.
func TestALongListLetsTheLogGrow(t *testing.T) {
	r := open(t, "", nil, &fakeSink{name: "s"})
	r.offer(t, crowd(0, 1200, 0)...)
	var looked []int
	var behind []byte
	for more := true; more; more = behind != nil {
		n := 0
		if err := r.db.View(func(tx *bolt.Tx) (err error) {
			behind, err = group.List(tx, time.Time{}, false, behind, func(*schemas.Alert) bool { n++; return true })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		looked = append(looked, n)
	}
	if !slices.Equal(looked, []int{500, 500, 200}) {
		t.Errorf("the transactions looked at %v alerts", looked)
	}
}
