package investigate

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// Report is what is known of a campaign.
type Report struct {
	// Finding is the latest about the campaign.
	Finding *schemas.Finding `json:"finding"`
	// Members are all members, those who took most first. Former is how many
	// were members by an earlier finding and are not by the latest.
	Members []schemas.Member `json:"members"`
	Former  int              `json:"former"`
	// Timeline has what the members did together, Step the length of its
	// buckets; buckets without a call are left out. Hours are their calls by
	// the hour of the day, UTC.
	Step     time.Duration `json:"step_ns"`
	Timeline []Bucket      `json:"timeline"`
	Hours    [24]int64     `json:"hours"`
	Taken    Taken         `json:"taken"`
	// Traits are what the members have in common in their stored events from
	// TraitsFrom to TraitsTo, Callers how many other callers there were then.
	Traits     []Trait   `json:"traits"`
	TraitsFrom time.Time `json:"traits_from"`
	TraitsTo   time.Time `json:"traits_to"`
	Callers    int64     `json:"callers"`
	// Others are what else was found about the members, by rule.
	Others []Other `json:"other_findings"`
}

// Bucket is one step of the timeline.
type Bucket struct {
	Time time.Time `json:"time"`
	// Calls are those that did not fail, Keys the members that had any.
	Calls int64 `json:"calls"`
	Keys  int64 `json:"keys"`
}

// Taken is what the members did since the campaign's first call until now, by
// the roll-ups: other calls of theirs and failed ones are in it.
type Taken struct {
	Requests     int64 `json:"requests"`
	Failures     int64 `json:"failures"`
	InputTokens  int64 `json:"input_tokens"`
	OutputTokens int64 `json:"output_tokens"`
	// Cost is in the currency of the logs or of the price list, as each event
	// has it, stated or estimated; 0 if neither was known.
	Cost float64 `json:"cost"`
}

// Other is a rule that found members of the campaign.
type Other struct {
	Detector string           `json:"detector"`
	Keys     int64            `json:"keys"`
	Findings int64            `json:"findings"`
	Worst    schemas.Severity `json:"worst"`
	Last     time.Time        `json:"last"`
}

// longTimeline is from when on the timeline has days in place of hours.
const longTimeline = 72 * time.Hour

// Look asks the store what is known of a campaign by its id or the beginning of
// it; traits rests on the last so long of the campaign.
func Look(ctx context.Context, st *clickhouse.Store, id string, traits time.Duration, now time.Time) (*Report, error) {
	f, former, err := st.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := ask(ctx, st, f, now)
	if err != nil {
		return nil, err
	}
	r := &Report{Finding: f, Members: f.Campaign.Members, Former: former}
	for _, part := range []func(*Report) error{a.timeline, a.hours, a.taken, a.others,
		func(r *Report) error { return a.traits(r, traits) }} {
		if err := part(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// since is a condition for the minutes of the members from the campaign's first
// call on.
func (a *asker) since() string {
	return "principal IN " + a.keys + " AND minute >= " + minute(a.found.Campaign.First.Truncate(time.Minute))
}

func (a *asker) timeline(r *Report) error {
	r.Step = time.Hour
	if a.newest.Sub(a.found.Campaign.First) > longTimeline {
		r.Step = 24 * time.Hour
	}
	step := int64(r.Step / time.Second)
	return a.rows(fmt.Sprintf(`
SELECT intDiv(toInt64(toUnixTimestamp(minute)), %[1]d) * %[1]d AS at, toInt64(sum(requests)) - toInt64(sum(failures)), toInt64(uniqExact(%[2]s))
FROM rollup_principal%[3]sWHERE %[4]s GROUP BY at ORDER BY at`, step, oldest, a.older, a.since()), func(row []any) {
		r.Timeline = append(r.Timeline, Bucket{time.Unix(integer(row[0]), 0).UTC(), integer(row[1]), integer(row[2])})
	})
}

func (a *asker) hours(r *Report) error {
	return a.rows("SELECT toInt64(toHour(minute)) AS hour, toInt64(sum(requests)) - toInt64(sum(failures)) FROM rollup_principal WHERE "+a.since()+
		" GROUP BY hour", func(row []any) {
		if hour := integer(row[0]); hour >= 0 && hour < 24 {
			r.Hours[hour] = integer(row[1])
		}
	})
}

func (a *asker) taken(r *Report) error {
	return a.rows("SELECT toInt64(sum(requests)), toInt64(sum(failures)), toInt64(sum(input_tokens)), toInt64(sum(output_tokens)), toFloat64(sum(cost))"+
		" FROM rollup_principal WHERE "+a.since(), func(row []any) {
		r.Taken = Taken{integer(row[0]), integer(row[1]), integer(row[2]), integer(row[3]), number(row[4])}
	})
}

// shownOthers bounds the rules of Report.Others.
const shownOthers = 50

func (a *asker) others(r *Report) error {
	return a.rows(fmt.Sprintf(`
SELECT toString(detector), toInt64(uniqExact(entity)) AS keys, toInt64(count()), toInt64(max(toUInt8(severity))), toInt64(toUnixTimestamp(toDateTime(max(window_end))))
FROM findings FINAL WHERE entity_kind = 'principal' AND entity IN %s GROUP BY detector ORDER BY keys DESC, detector LIMIT %d`, a.keys, shownOthers),
		func(row []any) {
			worst := schemas.Severity(min(integer(row[3]), int64(schemas.SeverityCritical)))
			r.Others = append(r.Others, Other{text(row[0]), integer(row[1]), integer(row[2]), worst, time.Unix(integer(row[4]), 0).UTC()})
		})
}
