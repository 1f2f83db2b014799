package population

import (
	"net/netip"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/agenda"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

func small(t *testing.T, cfg Config) *World {
	t.Helper()
	cfg.Principals = 20
	w, err := New(cfg)
	require.NoError(t, err)
	return w
}

func TestNamesAreThoseOfTheGateway(t *testing.T) {
	w := small(t, Config{Seed: 1})
	names := map[string]bool{}
	for range 2000 {
		c := w.client(w.tenant(), "curl", place(1))
		lite, kong := c.entity(gateway.LiteLLM), c.entity(gateway.Kong)
		require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{64}$`), lite.Raw, "the SHA-256 of a key")
		require.Regexp(t, regexp.MustCompile(`^org-[0-9a-z]+-[0-9a-z]+$`), kong.Raw)
		require.Equal(t, gateway.Kong, kong.Format)
		names[lite.Raw], names[kong.Raw] = true, true
	}
	assert.Len(t, names, 4000)
}

// place returns a place of so many addresses.
func place(hosts int) internet.Place {
	return internet.Place{Network: 77, Networks: 1, First: 3, Hosts: hosts}
}

// addresses returns those of a client that calls every minute for ten days.
func addresses(c *client) []netip.Addr {
	d, r := gateway.Dice(3), &gateway.Record{}
	var out []netip.Addr
	for at := range 10 * day / minute {
		r.Time = at*minute + 1
		c.sign(&d, r)
		out = append(out, r.Client)
		r.Principal, r.UserAgent = r.Principal[:0], r.UserAgent[:0]
	}
	return out
}

func moves(as []netip.Addr) (n int) {
	for i := 1; i < len(as); i++ {
		if as[i] != as[i-1] {
			n++
		}
	}
	return n
}

func TestAddressesAreHeld(t *testing.T) {
	w := small(t, Config{Seed: 1})
	d := gateway.Dice(9)
	tn := w.tenant()
	assert.Zero(t, moves(addresses(w.client(tn, "", place(1)))))

	person := w.client(tn, "", place(1))
	person.others, person.roams = []internet.Place{internet.Home(&d, 1), internet.Home(&d, 1)}, .3
	assert.InDelta(t, 40, moves(addresses(person)), 30, "some times a day")

	service := w.client(tn, "", place(4))
	service.hold = second
	as := addresses(service)
	assert.Greater(t, moves(as), len(as)/2, "its machines take turns")

	phone := w.client(tn, "", internet.Mobile(&d, 2))
	assert.Greater(t, moves(addresses(phone)), 300)
}

func TestTenantsGoOutInDifferentWays(t *testing.T) {
	w := small(t, Config{Seed: 2})
	offices, clouds, names := map[internet.Place]int{}, map[internet.Place]int{}, map[string]bool{}
	for range 1000 {
		tn := w.tenant()
		offices[tn.office]++
		clouds[tn.cloud]++
		names[tn.name] = true
		require.Equal(t, internet.Zone(tn.country)*hour, tn.zone)
	}
	assert.Greater(t, len(names), 995)
	most := func(m map[internet.Place]int) (n int) {
		for _, k := range m {
			n = max(n, k)
		}
		return n
	}
	assert.Greater(t, most(offices), 10, "a corporate proxy")
	assert.Greater(t, most(clouds), 50, "a cloud's functions")
	assert.Greater(t, len(offices), 700)
}

func TestCompaniesHaveFewKeysOrMany(t *testing.T) {
	w := small(t, Config{Seed: 3})
	sizes := map[int]int{}
	same, further := 0, 0
	for range 2000 {
		all := w.company(100)
		sizes[len(all)]++
		for i := 1; i < len(all); i++ {
			further++
			require.Equal(t, all[0].client.tenant, all[i].client.tenant)
			if all[i].habit.In == all[0].habit.In {
				same++
			}
		}
	}
	assert.InDelta(t, .5, float64(same)/float64(further), .1, "another environment of the same application")
	assert.Greater(t, sizes[1], 700)
	assert.NotZero(t, sizes[10]+sizes[11]+sizes[12])
	assert.Len(t, w.company(1), 1)
}

func TestAProductIsTheSameEverywhere(t *testing.T) {
	w := small(t, Config{Seed: 4})
	product, tool := w.product(), w.tool()
	first := product()
	ins, tenants := []float64{}, map[string]bool{}
	for range 200 {
		a := product()
		require.Equal(t, first.habit.Template, a.habit.Template)
		require.Equal(t, first.habit.Limit, a.habit.Limit)
		require.Equal(t, first.habit.Model, a.habit.Model)
		ins, tenants[a.client.tenant.name] = append(ins, a.habit.In), true
		b := tool()
		require.Equal(t, 2000, b.habit.Limit)
		require.Equal(t, "flowmaker/2.18 axios/1.7.9", b.client.agent)
	}
	assert.Greater(t, len(tenants), 195)
	slices.Sort(ins)
	assert.Greater(t, ins[180], 1.5*ins[20], "each with its own documents")
}

func TestTheQueueKeepsTheOrder(t *testing.T) {
	var q agenda.Agenda[*actor]
	d := gateway.Dice(8)
	for n := range 500 {
		q.Push(&actor{next: int64(d.Below(100)), number: n})
	}
	last, number := int64(0), -1
	for len(q) > 0 {
		a := q[0]
		require.True(t, a.next > last || a.next == last && a.number > number)
		last, number = a.next, a.number
		if a.number%3 == 0 {
			a.next, a.number = a.next+int64(d.Below(50)), a.number+1000
			q.Settle()
			continue
		}
		q.Drop()
	}
}

func TestAPersonsKeyIsSharedIfItCallsTooMuch(t *testing.T) {
	d := gateway.Dice(2)
	h := usage.Named("assistant").Draw(&d)
	usage.Named("assistant").Rhythm(&d, 100, 0, &h)
	assert.Zero(t, h.Users)
	usage.Named("assistant").Rhythm(&d, 2000, 0, &h)
	assert.Greater(t, h.Users, 10)
}
