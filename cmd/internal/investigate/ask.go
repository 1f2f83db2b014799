package investigate

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// asker asks the store about one campaign, within limits.
type asker struct {
	ctx    context.Context
	store  *clickhouse.Store
	limits clickhouse.Limits
	found  *schemas.Finding
	// keys is a subquery of the names of all members, under every key of a
	// rotation.
	keys string
	// older joins what has a principal to the name that the campaign has for it,
	// which oldest gives.
	older string
	// newest is the last minute with events in the store, and not after now:
	// what "the last 24 hours" are counted from.
	newest time.Time
}

// ask begins to ask about the campaign of a finding.
func ask(ctx context.Context, st *clickhouse.Store, f *schemas.Finding, now time.Time) (*asker, error) {
	limits := clickhouse.DefaultLimits()
	limits.Rows = 4 * schemas.MaxMembers
	members := clickhouse.Members(f.Campaign.ID, f.Detected.UnixNano())
	a := &asker{ctx: ctx, store: st, limits: limits, found: f, newest: now,
		keys:  fmt.Sprintf("(SELECT principal FROM %[1]s UNION DISTINCT SELECT new FROM aliases WHERE old IN %[1]s)", members),
		older: fmt.Sprintf(" LEFT ANY JOIN (SELECT new AS newer, min(old) AS oldest FROM aliases WHERE old IN %s GROUP BY new) AS renamed ON renamed.newer = principal ", members)}
	err := a.rows("SELECT toInt64(toUnixTimestamp(max(minute))) FROM rollup_route", func(row []any) {
		if at := time.Unix(integer(row[0]), 0).UTC(); at.Unix() > 0 && at.Before(now) {
			a.newest = at
		}
	})
	return a, err
}

// rows calls each with every row of a statement's answer.
func (a *asker) rows(sql string, each func(row []any)) error {
	res, err := a.store.Query(a.ctx, sql, a.limits)
	if err != nil {
		return fmt.Errorf("ask about campaign %s: %w", a.found.Campaign.ID, err)
	}
	for row, err := range res.Rows() {
		if err != nil {
			_ = res.Close() // the first error says what happened
			return fmt.Errorf("ask about campaign %s: %w", a.found.Campaign.ID, err)
		}
		each(row)
	}
	return res.Close()
}

// renamed returns the members' names under newer keys of a rotation, with the
// names that the campaign has for them.
func (a *asker) renamed() (map[string]string, error) {
	out := make(map[string]string)
	err := a.rows("SELECT DISTINCT new, old FROM aliases WHERE old IN "+clickhouse.Members(a.found.Campaign.ID, a.found.Detected.UnixNano()),
		func(row []any) { out[text(row[0])] = text(row[1]) })
	return out, err
}

// oldest is the campaign's name of a principal of a table with older.
const oldest = "if(renamed.oldest = '', principal, renamed.oldest)"

// integer, number, text and texts are the values of a row; of another type they
// are zero.
func integer(v any) int64 {
	switch r := reflect.ValueOf(v); {
	case !r.IsValid():
		return 0
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return int64(r.Uint())
	}
	return 0
}

func number(v any) float64 {
	if f, ok := v.(float64); ok {
		return f
	}
	return 0
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func texts(v any) []string {
	s, _ := v.([]string)
	return s
}

// minute and moment are times as SQL has them, in columns of minutes and of
// nanoseconds.
func minute(t time.Time) string { return fmt.Sprintf("toDateTime(%d, 'UTC')", max(t.Unix(), 0)) }
func moment(t time.Time) string {
	return fmt.Sprintf("fromUnixTimestamp64Nano(toInt64(%d))", t.UnixNano())
}

// quoted is a literal of SQL.
func quoted(s string) string { return words.Literal(s) }
