package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// Mentions looks for the names of a person, and for his text, in every column of
// text of every table of the store, whatever it is for. It reads them whole.
func (s *Store) Mentions(ctx context.Context, p Person) (out []Mention, err error) {
	defer func() { s.metrics.failed("mentions", err) }()
	if len(p.Names) == 0 && p.Text == "" {
		return nil, nil
	}
	columns, err := s.texts(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		text := "toString(`" + c.column + "`)"
		if strings.HasPrefix(c.kind, "Array(") {
			text = "arrayStringConcat(arrayMap(x -> toString(x), `" + c.column + "`), '\\n')"
		}
		m := Mention{Table: c.table, Column: c.column}
		sql := "SELECT countIf(" + p.in("assumeNotNull("+text+")") + ") FROM " + s.table(c.table)
		if err := s.conn.QueryRow(unlogged(ctx), sql).Scan(&m.Rows); err != nil {
			return nil, fmt.Errorf("look for a person in %s.%s: %w", c.table, c.column, err)
		}
		if m.Rows > 0 {
			out = append(out, m)
		}
	}
	return out, nil
}

type textColumn struct{ table, column, kind string }

// texts lists the columns of text that are stored.
func (s *Store) texts(ctx context.Context) (out []textColumn, err error) {
	rows, err := s.conn.Query(ctx, `
SELECT c.table, c.name, c.type FROM system.columns AS c
INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = ? AND t.engine LIKE '%MergeTree' AND c.default_kind != 'ALIAS'
    AND c.type LIKE '%String%' AND c.type NOT LIKE 'AggregateFunction%' AND c.type NOT LIKE 'Map%'
ORDER BY c.table, c.position`, s.cfg.Database)
	if err != nil {
		return nil, fmt.Errorf("list the columns of text: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c textColumn
		if err := rows.Scan(&c.table, &c.column, &c.kind); err != nil {
			return nil, fmt.Errorf("list the columns of text: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// maxNames bounds the pseudonyms of one person: 64 keys of 64 tenants would be
// as many.
const maxNames = 4096

// Joined returns names with all pseudonyms that rotations have joined to them.
func (s *Store) Joined(ctx context.Context, names []string) (all []string, err error) {
	defer func() { s.metrics.failed("read_aliases", err) }()
	all = slices.Compact(slices.Sorted(slices.Values(names)))
	for len(all) > 0 && len(all) < maxNames {
		var more []string
		list := literals(all)
		err := s.conn.QueryRow(ctx, fmt.Sprintf(`
SELECT arraySort(groupUniqArray(name)) FROM (
    SELECT new AS name FROM %[1]s WHERE old IN (%[2]s)
    UNION ALL SELECT old AS name FROM %[1]s WHERE new IN (%[2]s)
    LIMIT %[3]d)
WHERE name NOT IN (%[2]s)`, s.table("aliases"), list, maxNames)).Scan(&more)
		if err != nil {
			return nil, fmt.Errorf("read the aliases: %w", err)
		}
		if len(more) == 0 {
			break
		}
		all = append(all, more...)
	}
	slices.Sort(all)
	return all, nil
}

// Tenants returns the tenants that occur in the store, sorted.
func (s *Store) Tenants(ctx context.Context) (out []string, err error) {
	defer func() { s.metrics.failed("read_tenants", err) }()
	err = s.conn.QueryRow(ctx, fmt.Sprintf(`
SELECT arraySort(groupUniqArray(tenant)) FROM (
    SELECT DISTINCT toString(tenant) AS tenant FROM %s UNION ALL SELECT DISTINCT toString(tenant) FROM %s
    UNION ALL SELECT DISTINCT toString(tenant) FROM %s UNION ALL SELECT DISTINCT toString(tenant) FROM %s)
WHERE tenant != ''`, s.table("events"), s.table("rollup_principal"), s.table("rollup_route"), s.table("findings"))).Scan(&out)
	if err != nil {
		return nil, fmt.Errorf("read the tenants: %w", err)
	}
	return out, nil
}

// Checkpoints lists the snapshots that are stored, by group and fingerprint, with
// the time of the newest of each and without their states.
func (s *Store) Checkpoints(ctx context.Context) (out []schemas.Checkpoint, err error) {
	defer func() { s.metrics.failed("list_checkpoints", err) }()
	rows, err := s.conn.Query(ctx, "SELECT consumer_group, fingerprint, max(created) FROM "+s.table("checkpoints")+
		" GROUP BY consumer_group, fingerprint ORDER BY consumer_group, fingerprint")
	if err != nil {
		return nil, fmt.Errorf("list the checkpoints: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c schemas.Checkpoint
		if err := rows.Scan(&c.Group, &c.Fingerprint, &c.Created); err != nil {
			return nil, fmt.Errorf("list the checkpoints: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// DropCheckpoints deletes the snapshots of a group and fingerprint that are older
// than before, for good.
func (s *Store) DropCheckpoints(ctx context.Context, group, fingerprint string, before time.Time) (err error) {
	defer func() { s.metrics.failed("drop_checkpoints", err) }()
	err = s.mutate(ctx, fmt.Sprintf("ALTER TABLE %s DELETE WHERE consumer_group = %s AND fingerprint = %s AND created < fromUnixTimestamp64Nano(%d)",
		s.table("checkpoints"), literal(group), literal(fingerprint), before.UnixNano()))
	if err != nil {
		return fmt.Errorf("drop checkpoints: %w", err)
	}
	return nil
}
