// Package incident shows alerts to people on a terminal: as rows of a table, and
// as the story of one. Names in alerts are written by attackers; nothing of an
// alert is printed that has not been made harmless.
package incident

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// Clock says how times are shown.
type Clock struct {
	// Zone is UTC or the machine's own.
	Zone *time.Location
	Now  time.Time
}

// Name is what columns of times are headed with besides: "UTC" or "local".
func (c Clock) Name() string {
	if c.Zone == time.UTC {
		return "UTC"
	}
	return "local"
}

// At shows a moment to the second; "-" if it is none.
func (c Clock) At(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(c.Zone).Format("2006-01-02 15:04:05")
}

// ShortID is how many characters of an id are shown at least; a Desk takes six.
const ShortID = 8

// Short returns the ids cut to as few characters as tell them apart, but at least
// ShortID.
func Short(ids []string) []string {
	n := ShortID
	for ; ; n++ {
		seen, long := make(map[string]string, len(ids)), false
		clash := false
		for _, id := range ids {
			if len(id) > n {
				long = true
			}
			cut := id[:min(n, len(id))]
			if other, there := seen[cut]; there && other != id {
				clash = true
				break
			}
			seen[cut] = id
		}
		if !clash || !long {
			break
		}
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id[:min(n, len(id))]
	}
	return out
}

// Bounds of cells, in characters.
const (
	maxTitle = 60
	maxName  = 40
)

// cell is a text from an alert as a cell; "-" if it is empty.
func cell(s string, limit int) string {
	if s = neutral.Text(s, limit); s == "" {
		return "-"
	}
	return s
}

// Table prints alerts as rows.
func Table(out io.Writer, alerts []schemas.Alert, clock Clock) error {
	if len(alerts) == 0 {
		return nil
	}
	ids := make([]string, len(alerts))
	for i := range alerts {
		ids[i] = alerts[i].ID
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "ID\tSEVERITY\tSTATE\tTITLE\tABOUT\tTENANT\tLAST SEEN (%s)\tEVENTS\tTAKEN BY\n", clock.Name())
	for i, short := range Short(ids) {
		a := &alerts[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", cell(short, 64), a.Severity, State(a), cell(neutral.Title(a, maxTitle), maxTitle),
			cell(a.Entity.Kind.String()+" "+a.Entity.Name, maxName), cell(a.Tenant, maxName), clock.At(a.LastSeen), a.Events, taken(a))
	}
	return w.Flush()
}

// taken is who has taken the alert.
func taken(a *schemas.Alert) string {
	if a.Acknowledged == nil {
		return "-"
	}
	return cell(a.Acknowledged.By, maxName)
}

// State is an alert's state in a few words.
func State(a *schemas.Alert) string {
	var parts []string
	switch {
	case a.State == schemas.AlertResolved && a.MergedInto != "":
		parts = append(parts, "merged")
	case a.State == schemas.AlertResolved:
		parts = append(parts, "resolved")
	case a.Acknowledged != nil:
		parts = append(parts, "acknowledged")
	case a.State == schemas.AlertUpdated:
		parts = append(parts, "open")
	default:
		parts = append(parts, a.State.String())
	}
	if a.State != schemas.AlertResolved && a.Muted != "" {
		parts = append(parts, "muted")
	}
	return strings.Join(parts, ", ")
}
