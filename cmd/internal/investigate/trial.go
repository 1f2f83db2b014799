package investigate

import (
	"fmt"
	"io"

	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/detectors/words"
)

// shownRisky and shownHits are how many keys, and how many tenants and routes, a
// dry run shows.
const (
	shownRisky = 20
	shownHits  = 10
)

// Print prints what blocking would do, for a person.
func (d *DryRun) Print(out io.Writer) error {
	var p page
	share := ""
	if d.All > 0 {
		share = fmt.Sprintf(", %s of the %s that all callers sent", words.Percent(float64(d.Day)/float64(d.All)), whole(d.All))
	}
	p.printf("Blocking %s of %s would have stopped %s in the 24 hours before %s%s.\nNothing is blocked: this is a dry run, and Gatehound blocks nobody itself.\n\n",
		ofKeys(int64(len(d.Keys)), "key"), d.Campaign, words.Count(float64(d.Day), "request"), stamp(d.AsOf), share)
	p.table(0, []string{
		fmt.Sprintf("%s\tcalled a day and more before the first tenth of the keys was there (%s): old customers, or taken over", whole(int64(d.Known)), stamp(d.Began)),
		fmt.Sprintf("%s\thad successful requests that call no model, in the last seven days", whole(int64(d.Mixed))),
		fmt.Sprintf("%s\thave several end users behind them", whole(int64(d.Shared))),
		fmt.Sprintf("%s\tleft out: in use long before the campaign's keys; --known takes them too", whole(int64(d.LeftKnown))),
		fmt.Sprintf("%s\tleft out: an exception covers them", whole(int64(len(d.Excepted)))),
		fmt.Sprintf("%s\tleft out: not alike enough", whole(int64(d.Unlike))),
	})
	d.hits(&p, "Tenants", d.Tenants, "", "")
	d.hits(&p, "Routes, of the last seven days", d.Routes, "the campaign's own", "other traffic that would be hit")
	if risky := d.Risky(); len(risky) > 0 {
		p.printf("\nLook at these first")
		if len(risky) > shownRisky {
			p.printf(" (%d of %s, --output json has all)", shownRisky, whole(int64(len(risky))))
		}
		lines := []string{"\nKEY\tLIKENESS\tEXCHANGES\t24 H\tBEFORE\tOTHER\tEND USERS\tTENANTS"}
		for _, b := range risky[:min(len(risky), shownRisky)] {
			lines = append(lines, fmt.Sprintf("%s\t%.2f\t%s\t%s\t%s\t%s\t%s\t%s", plain(orName(b.Key, b.Principal)), b.Likeness, whole(b.Exchanges), whole(b.Day),
				whole(b.Before), whole(b.Other), whole(b.EndUsers), plain(words.List(b.Tenants...))))
		}
		p.table(0, lines)
	}
	if len(d.Excepted) > 0 {
		p.printf("\nLeft out by exceptions")
		lines := []string{"\nKEY\tOWNER\tREASON"}
		for _, s := range d.Excepted[:min(len(d.Excepted), shownRisky)] {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s", plain(s.Principal), query.Plain(s.Owner), query.Plain(s.Reason)))
		}
		p.table(0, lines)
	}
	_, err := io.WriteString(out, p.String())
	return err
}

func orName(name, principal string) string {
	if name == "" {
		return principal
	}
	return name
}

func (d *DryRun) hits(p *page, what string, list []Hit, own, other string) {
	if len(list) == 0 {
		return
	}
	p.printf("\n%s\n", what)
	var lines []string
	for _, h := range list[:min(len(list), shownHits)] {
		note := other
		if h.Campaign {
			note = own
		}
		line := fmt.Sprintf("  %s\t%s", plain(h.Name), ofKeys(int64(h.Keys), "key"))
		if note != "" {
			line += "\t" + note
		}
		lines = append(lines, line)
	}
	p.table(0, lines)
	if n := len(list) - shownHits; n > 0 {
		p.printf("  and %d more\n", n)
	}
}
