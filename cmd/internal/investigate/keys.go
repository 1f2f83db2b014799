package investigate

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// Key is a key to act on, for a gateway's blocklist.
type Key struct {
	// Principal is the key's name in the store; Key is the gateway's own, if it
	// was given.
	Principal string `json:"principal"`
	Key       string `json:"key,omitempty"`
	// Reason is the finding's title, Campaign the campaign's id.
	Reason   string  `json:"reason"`
	Campaign string  `json:"campaign"`
	Likeness float64 `json:"likeness"`
	// Exchanges are what it took from First to Last.
	Exchanges int64     `json:"exchanges"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	// Expires is when acting on it is to end.
	Expires time.Time `json:"expires"`
}

// KeyOptions say which members are keys to act on.
type KeyOptions struct {
	// Likeness is the least likeness of a member, from 0 to 1.
	Likeness float64
	// Known takes members too that are schemas.KnownBefore.
	Known bool
	// Expires is how long it is acted upon.
	Expires time.Duration
	// Names gives the gateway's own name of a principal, "" if it is not known.
	Names Names
	// Allow are the exceptions of the configuration.
	Allow []engine.Allow
	Now   time.Time
}

// Keys are the keys to act on.
type Keys struct {
	Finding *schemas.Finding
	List    []Key
	// Excepted are the members whom an exception covers, Unlike those whose
	// likeness is too low, Known those who are schemas.KnownBefore and were not
	// asked for, Nameless those on the list without the gateway's own name though
	// names were given: how many.
	Excepted, Unlike, Known, Nameless int
}

// ListKeys returns the keys of a campaign to act on.
func ListKeys(ctx context.Context, st *clickhouse.Store, id string, o KeyOptions) (*Keys, error) {
	f, _, err := st.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	tenants, err := tenantsOf(ctx, st, f, o)
	if err != nil {
		return nil, err
	}
	k := &Keys{Finding: f}
	for i := range f.Campaign.Members {
		m := &f.Campaign.Members[i]
		switch {
		case m.Likeness < o.Likeness:
			k.Unlike++
			continue
		case excepted(o.Allow, m.Principal, tenants[m.Principal], o.Now) != nil:
			k.Excepted++
			continue
		case !o.Known && knownBefore(m):
			k.Known++
			continue
		}
		key := Key{Principal: m.Principal, Key: o.Names.Of(m.Principal), Reason: f.Title, Campaign: f.Campaign.ID, Likeness: m.Likeness,
			Exchanges: m.Exchanges, First: m.First, Last: m.Last, Expires: o.Now.Add(o.Expires).UTC().Truncate(time.Second)}
		if o.Names != nil && key.Key == "" {
			k.Nameless++
		}
		k.List = append(k.List, key)
	}
	return k, nil
}

// knownBefore tells that a member is rather a customer than a key of the campaign.
func knownBefore(m *schemas.Member) bool { return slices.Contains(m.Links, schemas.KnownBefore) }

// WriteJSON writes the list as an array of objects.
func (k *Keys) WriteJSON(out io.Writer) error {
	list := k.List
	if list == nil {
		list = []Key{}
	}
	return WriteJSON(out, list)
}

// WriteCSV writes the list with a head. What a spreadsheet would run as a formula
// gets an apostrophe in front.
func (k *Keys) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write([]string{"principal", "key", "reason", "campaign", "likeness", "exchanges", "first", "last", "expires"}); err != nil {
		return err
	}
	for _, key := range k.List {
		row := []string{key.Principal, key.Key, key.Reason, key.Campaign, strconv.FormatFloat(key.Likeness, 'f', 3, 64),
			strconv.FormatInt(key.Exchanges, 10), key.First.Format(time.RFC3339), key.Last.Format(time.RFC3339), key.Expires.Format(time.RFC3339)}
		for i := range row {
			row[i] = query.Cell(query.Plain(row[i]))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// WriteJSON writes v indented, with what a terminal would act upon escaped.
func WriteJSON(out io.Writer, v any) error {
	doc, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write as JSON: %w", err)
	}
	_, err = out.Write(append(neutral.JSON(doc), '\n'))
	return err
}
