package investigate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// DryRun is what blocking the keys of a campaign would do.
type DryRun struct {
	Campaign string `json:"campaign"`
	// AsOf is what the last 24 hours are counted to: the newest event.
	AsOf time.Time `json:"as_of"`
	// Began is when a tenth of the members had been seen: from then on it is
	// taken for a campaign, whose first member may be an old caller.
	Began time.Time `json:"began"`
	// Keys are those that would be blocked, Unlike and Excepted those that are left
	// out, for their likeness or an exception; LeftKnown are left out because they
	// are schemas.KnownBefore, and were not asked for.
	Keys      []Blocked `json:"keys"`
	Unlike    int       `json:"unlike"`
	LeftKnown int       `json:"left_out_known_before"`
	Excepted  []Spared  `json:"excepted"`
	// Day are the keys' requests of the last 24 hours, All those of all callers.
	Day int64 `json:"day"`
	All int64 `json:"all"`
	// Known is how many of the keys had requests a day and more before the
	// campaign began, Shared how many have several end users behind them, Mixed
	// how many have successful requests that are no calls of models.
	Known  int `json:"known_before"`
	Shared int `json:"shared"`
	Mixed  int `json:"mixed"`
	// Tenants and Routes are what would be hit, by how many keys have them.
	Tenants []Hit `json:"tenants"`
	Routes  []Hit `json:"routes"`
}

// Hit is a tenant or a route that keys use.
type Hit struct {
	Name string `json:"name"`
	Keys int    `json:"keys"`
	// Campaign tells that most of the keys use it: it is the campaign's own.
	Campaign bool `json:"campaign"`
}

// Spared is a member whom an exception covers.
type Spared struct {
	Principal string `json:"principal"`
	Owner     string `json:"owner"`
	Reason    string `json:"reason"`
}

// Blocked is what blocking one key would do.
type Blocked struct {
	Principal string `json:"principal"`
	Key       string `json:"key,omitempty"`
	// Likeness and Exchanges are the campaign's word on it.
	Likeness  float64 `json:"likeness"`
	Exchanges int64   `json:"exchanges"`
	usage
}

// usage is what a key did.
type usage struct {
	// Day are its requests of the last 24 hours, Before those before the
	// campaign began, but for those of the day before, and Other the successful
	// ones of the seven days before the newest event that call no model.
	Day    int64 `json:"day"`
	Before int64 `json:"before"`
	Other  int64 `json:"other"`
	// EndUsers is about how many end users were behind it in these days, at most
	// eight Routes and Tenants where it was seen.
	EndUsers int64    `json:"end_users"`
	Routes   []string `json:"routes"`
	Tenants  []string `json:"tenants"`
}

// maxHits bounds the routes and tenants of a key.
const maxHits = 8

// Try says what blocking the keys of a campaign would do.
func Try(ctx context.Context, st *clickhouse.Store, id string, o KeyOptions) (*DryRun, error) {
	f, _, err := st.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := ask(ctx, st, f, o.Now)
	if err != nil {
		return nil, err
	}
	did, err := a.usage()
	if err != nil {
		return nil, err
	}
	d := &DryRun{Campaign: f.Campaign.ID, AsOf: a.newest, Began: began(f.Campaign), Keys: []Blocked{}, Excepted: []Spared{}}
	if err := a.rows("SELECT toInt64(sum(requests)) FROM rollup_route WHERE minute > "+minute(a.newest.Add(-day)), func(row []any) { d.All = integer(row[0]) }); err != nil {
		return nil, err
	}
	tenants, routes := make(map[string]int), make(map[string]int)
	for i := range f.Campaign.Members {
		m := &f.Campaign.Members[i]
		u := did[m.Principal]
		if m.Likeness < o.Likeness {
			d.Unlike++
			continue
		}
		if e := excepted(o.Allow, m.Principal, u.Tenants, o.Now); e != nil {
			d.Excepted = append(d.Excepted, Spared{m.Principal, e.Owner, e.Reason})
			continue
		}
		if !o.Known && knownBefore(m) {
			d.LeftKnown++
			continue
		}
		d.add(Blocked{m.Principal, o.Names.Of(m.Principal), m.Likeness, m.Exchanges, u}, tenants, routes)
	}
	d.Tenants, d.Routes = hits(tenants, len(d.Keys)), hits(routes, len(d.Keys))
	return d, nil
}

func (d *DryRun) add(b Blocked, tenants, routes map[string]int) {
	b.Tenants, b.Routes = append([]string{}, b.Tenants...), append([]string{}, b.Routes...) // never null
	d.Keys = append(d.Keys, b)
	d.Day += b.Day
	if b.Before > 0 {
		d.Known++
	}
	if b.EndUsers > 1 {
		d.Shared++
	}
	if b.Other > 0 {
		d.Mixed++
	}
	for _, t := range b.Tenants {
		tenants[t]++
	}
	for _, r := range b.Routes {
		routes[r]++
	}
}

// Risky returns the keys that may not be the campaign's alone, those first whose
// blocking would hit most of what is not.
func (d *DryRun) Risky() []Blocked {
	out := slices.DeleteFunc(slices.Clone(d.Keys), func(b Blocked) bool { return b.Before == 0 && b.Other == 0 && b.EndUsers < 2 })
	slices.SortStableFunc(out, func(a, b Blocked) int {
		return cmp.Or(cmp.Compare(b.Before+b.Other, a.Before+a.Other), cmp.Compare(b.EndUsers, a.EndUsers), cmp.Compare(a.Principal, b.Principal))
	})
	return out
}

// began is the minute in which a tenth of a campaign's members had been seen.
func began(c *schemas.Campaign) time.Time {
	first := make([]time.Time, len(c.Members))
	for i := range c.Members {
		first[i] = c.Members[i].First
	}
	if len(first) == 0 {
		return c.First.Truncate(time.Minute)
	}
	slices.SortFunc(first, time.Time.Compare)
	return first[min((len(first)+9)/10, len(first)-1)].Truncate(time.Minute)
}

// hits are names by how many keys have them; those that half of the keys have are
// the campaign's.
func hits(keys map[string]int, all int) []Hit {
	out := make([]Hit, 0, len(keys))
	for name, n := range keys {
		out = append(out, Hit{name, n, 2*n >= all})
	}
	slices.SortFunc(out, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Keys, a.Keys), cmp.Compare(a.Name, b.Name)) })
	return out
}

const day = 24 * time.Hour

// usage asks what each member did, under every name that a rotation gave it.
func (a *asker) usage() (map[string]usage, error) {
	older, err := a.renamed()
	if err != nil {
		return nil, err
	}
	out := make(map[string]usage)
	of := func(v any, change func(*usage)) {
		name := text(v)
		if old := older[name]; old != "" {
			name = old
		}
		u := out[name]
		change(&u)
		out[name] = u
	}
	err = a.rows(fmt.Sprintf(`
SELECT principal, toInt64(sumIf(requests, minute > %[1]s)), toInt64(sumIf(requests, minute < %[2]s)),
    arraySort(groupUniqArrayIf(%[3]d)(toString(tenant), tenant != ''))
FROM rollup_principal WHERE principal IN %[4]s GROUP BY principal`, minute(a.newest.Add(-day)), minute(began(a.found.Campaign).Add(-day)), maxHits, a.keys), func(row []any) {
		of(row[0], func(u *usage) {
			u.Day, u.Before = u.Day+integer(row[1]), u.Before+integer(row[2])
			u.Tenants = join(u.Tenants, texts(row[3]))
		})
	})
	if err != nil {
		return nil, err
	}
	err = a.rows(fmt.Sprintf(`
SELECT principal, toInt64(uniqIf(end_user, end_user != '')), toInt64(countIf(model = '' AND operation = '' AND ifNull(status, 200) < 400)), arraySort(groupUniqArrayIf(%d)(trim(concat(toString(method), ' ', toString(route))), route != ''))
FROM events WHERE time >= %s AND principal IN %s GROUP BY principal`, maxHits, moment(a.newest.Add(-7*day)), a.keys), func(row []any) {
		of(row[0], func(u *usage) {
			u.EndUsers, u.Other = max(u.EndUsers, integer(row[1])), u.Other+integer(row[2])
			u.Routes = join(u.Routes, texts(row[3]))
		})
	})
	return out, err
}

// join returns what is in either list, sorted, at most maxHits.
func join(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxHits)]
}
