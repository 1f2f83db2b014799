package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// ErrNoCampaign is returned for an id that no campaign has.
var ErrNoCampaign = errors.New("no campaign has this id")

// CampaignIDPrefix is the least of a campaign's id that names it, in hexadecimal
// digits after "c-".
const CampaignIDPrefix = 4

// Campaigns returns the latest finding about each campaign, without the
// members, the latest first.
func (s *Store) Campaigns(ctx context.Context, limit int) (out []schemas.Finding, err error) {
	defer func() { s.metrics.failed("read_campaigns", err) }()
	if limit < 1 {
		return nil, fmt.Errorf("read campaigns: the limit is %d, allowed is 1 and more: %w", limit, errOwn)
	}
	ids, err := s.column(ctx, fmt.Sprintf(`
SELECT argMax(id, (detected, stored_at)) FROM %s GROUP BY campaign ORDER BY max(detected) DESC, campaign LIMIT %d`,
		s.table("campaigns"), limit))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return s.findings(ctx, "id IN ("+literals(ids)+") ORDER BY detected DESC, entity")
}

// Campaign returns the latest finding about the campaign with an id, or with the
// only one that begins so: at least CampaignIDPrefix hexadecimal digits in either
// case, with or without "c-". It has the members that the finding named, those
// who took most first, but for those who were forgotten. Former is how many were
// members once and are not any more.
func (s *Store) Campaign(ctx context.Context, id string) (f *schemas.Finding, former int, err error) {
	defer func() { s.metrics.failed("read_campaigns", err) }()
	digits := strings.TrimPrefix(strings.ToLower(id), "c-")
	if len(digits) < CampaignIDPrefix || strings.Trim(digits, "0123456789abcdef") != "" {
		return nil, 0, fmt.Errorf("read a campaign: its id is c- and %d and more hexadecimal digits: %w", CampaignIDPrefix, errOwn)
	}
	ids, err := s.column(ctx, fmt.Sprintf("SELECT DISTINCT campaign FROM %s WHERE startsWith(campaign, %s) ORDER BY campaign LIMIT 2",
		s.table("campaigns"), literal("c-"+digits)))
	switch {
	case err != nil:
		return nil, 0, err
	case len(ids) == 0:
		return nil, 0, ErrNoCampaign
	case len(ids) > 1:
		return nil, 0, fmt.Errorf("read a campaign: %s and %s begin like this, give more digits: %w", ids[0], ids[1], errOwn)
	}
	latest, err := s.column(ctx, fmt.Sprintf("SELECT id FROM %s WHERE campaign = %s ORDER BY detected DESC, stored_at DESC LIMIT 1",
		s.table("campaigns"), literal(ids[0])))
	if err != nil {
		return nil, 0, err
	}
	found, err := s.findings(ctx, "id IN ("+literals(latest)+")")
	if err != nil {
		return nil, 0, err
	}
	if len(found) == 0 || found[0].Campaign == nil {
		return nil, 0, ErrNoCampaign // its finding has expired, or was forgotten
	}
	f = &found[0]
	former, err = s.members(ctx, f.Campaign)
	return f, former, err
}

// Members is the condition of SQL for the members of a campaign whose latest
// finding was made at seen, in Unix nanoseconds, as a subquery of their names.
func Members(campaign string, seen int64) string {
	return fmt.Sprintf("(SELECT principal FROM campaign_members FINAL WHERE campaign = %s AND seen = fromUnixTimestamp64Nano(toInt64(%d)))", literal(campaign), seen)
}

// members reads the members of c, and counts those who are not any more.
func (s *Store) members(ctx context.Context, c *schemas.Campaign) (former int, err error) {
	all := fmt.Sprintf("FROM %s FINAL WHERE campaign = %s", s.table("campaign_members"), literal(c.ID))
	newest := "(SELECT max(seen) " + all + ")"
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
SELECT principal, first_seen, last_seen, exchanges, input_tokens, output_tokens, likeness, links
%s AND seen = %s ORDER BY exchanges DESC, principal LIMIT %d`, all, newest, schemas.MaxMembers))
	if err != nil {
		return 0, fmt.Errorf("read the members of a campaign: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m schemas.Member
		if err := rows.Scan(&m.Principal, &m.First, &m.Last, &m.Exchanges, &m.InputTokens, &m.OutputTokens, &m.Likeness, &m.Links); err != nil {
			return 0, fmt.Errorf("read the members of a campaign: %w", err)
		}
		m.First, m.Last = m.First.UTC(), m.Last.UTC()
		c.Members = append(c.Members, m)
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read the members of a campaign: %w", err)
	}
	var gone uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() "+all+" AND seen < "+newest).Scan(&gone); err != nil {
		return 0, fmt.Errorf("count the former members of a campaign: %w", err)
	}
	return int(gone), nil
}

// addCampaigns fills Campaign of findings about campaigns. Named are the members
// as they are known now.
func (s *Store) addCampaigns(ctx context.Context, fs []schemas.Finding) error {
	at := make(map[string]int)
	var ids []string
	for i := range fs {
		if fs[i].Entity.Kind == schemas.EntityCampaign {
			at[fs[i].ID] = i
			ids = append(ids, fs[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := s.conn.Query(ctx, `
SELECT id, campaign, score, first_seen, last_seen, size, joined, exchanges, today, input_tokens, output_tokens,
    links.kind, links.members, links.others, links.weight, links.text
FROM `+s.table("campaigns")+` FINAL WHERE id IN (`+literals(ids)+`)`)
	if err != nil {
		return fmt.Errorf("read campaigns: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id, c           = "", &schemas.Campaign{}
			size, joined    int64
			kind, text      []string
			members, others []int64
			weight          []float64
		)
		if err := rows.Scan(&id, &c.ID, &c.Score, &c.First, &c.Last, &size, &joined, &c.Exchanges, &c.Today, &c.InputTokens, &c.OutputTokens,
			&kind, &members, &others, &weight, &text); err != nil {
			return fmt.Errorf("read campaigns: %w", err)
		}
		c.First, c.Last, c.Size, c.Joined = c.First.UTC(), c.Last.UTC(), int(size), int(joined)
		for i := range kind { // the arrays of a Nested have one length
			c.Links = append(c.Links, schemas.Link{Kind: kind[i], Members: int(members[i]), Others: int(others[i]), Weight: weight[i], Text: text[i]})
		}
		fs[at[id]].Campaign = c
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read campaigns: %w", err)
	}
	return s.addNamed(ctx, fs)
}

// addNamed fills Named of campaigns.
func (s *Store) addNamed(ctx context.Context, fs []schemas.Finding) error {
	var ids []string
	for i := range fs {
		if c := fs[i].Campaign; c != nil && !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
SELECT campaign, principal FROM (
    SELECT campaign, principal, exchanges, seen, max(seen) OVER (PARTITION BY campaign) AS newest
    FROM %s FINAL WHERE campaign IN (%s))
WHERE seen = newest ORDER BY campaign, exchanges DESC, principal LIMIT %d BY campaign`, s.table("campaign_members"), literals(ids), schemas.MaxNamed))
	if err != nil {
		return fmt.Errorf("read the members of campaigns: %w", err)
	}
	defer rows.Close()
	named := make(map[string][]string)
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return fmt.Errorf("read the members of campaigns: %w", err)
		}
		named[id] = append(named[id], name)
	}
	for i := range fs {
		if c := fs[i].Campaign; c != nil {
			c.Named = named[c.ID]
		}
	}
	return rows.Err()
}

// column returns the texts that a statement gives, one a row.
func (s *Store) column(ctx context.Context, sql string) (out []string, err error) {
	rows, err := s.conn.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read campaigns: %w", err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	return out, nil
}
