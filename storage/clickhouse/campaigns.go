package clickhouse

import (
	"context"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// writeCampaigns stores what findings say about campaigns: the members first, so
// that whoever sees a campaign sees its members. Of several findings about one
// campaign the members of the latest are written, an insert a campaign.
func (s *Store) writeCampaigns(ctx context.Context, fs []schemas.Finding) error {
	var about []schemas.Finding
	latest := make(map[string]*schemas.Finding)
	for i := range fs {
		f := &fs[i]
		if f.Campaign == nil {
			continue
		}
		about = append(about, *f)
		if old := latest[f.Campaign.ID]; old == nil || !f.Detected.Before(old.Detected) {
			latest[f.Campaign.ID] = f
		}
	}
	for i := range about {
		f := latest[about[i].Campaign.ID]
		if f == nil {
			continue // written already
		}
		delete(latest, f.Campaign.ID)
		members := f.Campaign.Members[:min(len(f.Campaign.Members), schemas.MaxMembers)]
		if err := insertRows(ctx, s, "campaign_members", memberColumns(f), members); err != nil {
			return err
		}
	}
	return insertRows(ctx, s, "campaigns", campaignColumns(time.Now()), about)
}

// storable keeps a time within what the columns hold.
func storable(t time.Time) time.Time {
	if y := t.UTC().Year(); y < 1970 || y > 2200 {
		return time.Unix(0, 0)
	}
	return t
}

// memberColumns are those of the members that f names.
func memberColumns(f *schemas.Finding) []columns.Column[schemas.Member] {
	type M = schemas.Member
	id, seen := f.Campaign.ID, storable(f.Detected)
	text := func(name string, get func(*M) string) columns.Column[M] { return columns.Plain(name, "String", get) }
	moment := func(name string, get func(*M) time.Time) columns.Column[M] {
		return columns.Plain(name, "DateTime64(9, 'UTC')", func(m *M) time.Time { return storable(get(m)) })
	}
	number := func(name string, get func(*M) int64) columns.Column[M] { return columns.Plain(name, "Int64", get) }
	return []columns.Column[M]{
		text("campaign", func(*M) string { return id }),
		text("principal", func(m *M) string { return m.Principal }),
		moment("first_seen", func(m *M) time.Time { return m.First }),
		moment("last_seen", func(m *M) time.Time { return m.Last }),
		number("exchanges", func(m *M) int64 { return m.Exchanges }),
		number("input_tokens", func(m *M) int64 { return m.InputTokens }),
		number("output_tokens", func(m *M) int64 { return m.OutputTokens }),
		columns.Plain("likeness", "Float64", func(m *M) float64 { return m.Likeness }),
		columns.Plain("links", "Array(String)", func(m *M) []string { return m.Links }),
		moment("seen", func(*M) time.Time { return seen }),
	}
}

// campaignColumns are those of findings about campaigns.
func campaignColumns(now time.Time) []columns.Column[schemas.Finding] {
	type (
		F = schemas.Finding
		L = schemas.Link
	)
	text := func(name string, get func(*F) string) columns.Column[F] { return columns.Plain(name, "String", get) }
	moment := func(name string, get func(*F) time.Time) columns.Column[F] {
		return columns.Plain(name, "DateTime64(9, 'UTC')", func(f *F) time.Time { return storable(get(f)) })
	}
	number := func(name string, get func(*schemas.Campaign) int64) columns.Column[F] {
		return columns.Plain(name, "Int64", func(f *F) int64 { return get(f.Campaign) })
	}
	figure := func(name string, get func(*F) float64) columns.Column[F] { return columns.Plain(name, "Float64", get) }
	words := func(name string, get func(*L) string) columns.Column[F] {
		return columns.Plain("links."+name, "Array(String)", func(f *F) []string { return each(f.Campaign.Links, get) })
	}
	counts := func(name string, get func(*L) int64) columns.Column[F] {
		return columns.Plain("links."+name, "Array(Int64)", func(f *F) []int64 { return each(f.Campaign.Links, get) })
	}
	return []columns.Column[F]{
		text("id", func(f *F) string { return f.ID }),
		text("campaign", func(f *F) string { return f.Campaign.ID }),
		text("detector", func(f *F) string { return f.Detector }),
		columns.Plain("severity", "Int8", func(f *F) int8 { return int8(f.Severity) }),
		figure("confidence", func(f *F) float64 { return f.Confidence }),
		moment("window_start", func(f *F) time.Time { return f.WindowStart }),
		moment("window_end", func(f *F) time.Time { return f.WindowEnd }),
		moment("detected", func(f *F) time.Time { return f.Detected }),
		figure("score", func(f *F) float64 { return f.Campaign.Score }),
		moment("first_seen", func(f *F) time.Time { return f.Campaign.First }),
		moment("last_seen", func(f *F) time.Time { return f.Campaign.Last }),
		number("size", func(c *schemas.Campaign) int64 { return int64(c.Size) }),
		number("joined", func(c *schemas.Campaign) int64 { return int64(c.Joined) }),
		number("exchanges", func(c *schemas.Campaign) int64 { return c.Exchanges }),
		number("today", func(c *schemas.Campaign) int64 { return c.Today }),
		number("input_tokens", func(c *schemas.Campaign) int64 { return c.InputTokens }),
		number("output_tokens", func(c *schemas.Campaign) int64 { return c.OutputTokens }),
		words("kind", func(l *L) string { return l.Kind }),
		counts("members", func(l *L) int64 { return int64(l.Members) }),
		counts("others", func(l *L) int64 { return int64(l.Others) }),
		columns.Plain("links.weight", "Array(Float64)", func(f *F) []float64 {
			return each(f.Campaign.Links, func(l *L) float64 { return l.Weight })
		}),
		words("text", func(l *L) string { return l.Text }),
		moment("stored_at", func(*F) time.Time { return now }),
	}
}
