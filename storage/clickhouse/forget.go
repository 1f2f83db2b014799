package clickhouse

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Person is one person as the store may know him.
type Person struct {
	// Names are the pseudonyms of the person, and his name itself if policy
	// keeps names: what stands in columns of principals and end users.
	Names []string
	// Clients are the stored forms of his addresses.
	Clients []netip.Addr
	// Text is his name, where texts may mention it as a whole word, as paths do
	// if policy keeps them; "" if it is too short to mean him alone.
	Text string
}

// Erased is what became of one table.
type Erased struct {
	Table string `json:"table"`
	// Rows are the table's before and after, Removed those of the person
	// before, Left those that are his still: 0 if all went well.
	Before  uint64 `json:"rows_before"`
	After   uint64 `json:"rows_after"`
	Removed uint64 `json:"removed"`
	Left    uint64 `json:"left"`
}

// Mention is a column that has a person's name in it.
type Mention struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Rows   uint64 `json:"rows"`
}

// forgotten marks where a text named the person.
const forgotten = "[FORGOTTEN]"

// holding is where the rows of a table name somebody.
type holding struct {
	table string
	// names are columns of pseudonyms, clients those of stored addresses.
	names, clients []string
	// entity tells that the columns entity_kind and entity name one.
	entity bool
	// texts are columns of prose that may have a pseudonym in it: a row is one
	// person's if it has.
	texts []string
	// about are columns in which entities stand in JSON, beside what texts has: a row
	// is one person's if one of them is his address.
	about []string
	// says are columns of prose that may have an address in it.
	says []string
	// list is a Nested of entities, kind and name; "" is none.
	list string
}

// holdings are the tables from which a person's rows are deleted.
var holdings = []holding{
	{table: "events", names: []string{"principal", "end_user"}, clients: []string{"client"}},
	{table: "sealed_prompts", names: []string{"principal"}},
	{table: "rollup_principal", names: []string{"principal"}},
	{table: "rollup_address", clients: []string{"client"}},
	{table: "aliases", names: []string{"old", "new"}},
	{table: "findings", entity: true, texts: []string{"title", "summary", "query", "arrayStringConcat(features.text)"}, list: "related"},
	{table: "campaign_members", names: []string{"principal"}},
	{table: "campaigns", texts: []string{"arrayStringConcat(links.text)"}},
	{table: "alerts", entity: true, about: []string{"finding", "parts"}, says: []string{"title", "summary", "outcome"},
		texts: []string{"title", "summary", "finding", "parts", "outcome", "acknowledged_comment", "resolution_comment", "muted"}},
	{table: "alert_history", texts: []string{"text"}, says: []string{"text"}},
	{table: "rejects", texts: []string{"excerpt"}},
}

// named are the columns of events in which the name of a person who is not the
// caller can stand, if policy keeps them.
var named = []string{"path", "query", "user_agent", "host"}

// where returns the condition for the rows of p, "" if there can be none.
func (h *holding) where(p *Person) string {
	var or []string
	if len(p.Names) > 0 {
		for _, column := range h.names {
			or = append(or, column+" IN ("+literals(p.Names)+")")
		}
		if h.entity {
			or = append(or, "entity_kind = 'principal' AND entity IN ("+literals(p.Names)+")")
		}
		if h.list != "" {
			or = append(or, among(h.list, "principal", p.Names))
		}
		for _, column := range h.texts {
			or = append(or, p.in(column))
		}
	}
	if len(p.Clients) > 0 {
		var addresses, entities []string
		for _, a := range p.Clients {
			addresses = append(addresses, "toIPv6("+literal(a.String())+")")
			name := a.String()
			if a.Is6() {
				name = netip.PrefixFrom(a, 64).Masked().String() // as findings name it
			}
			entities = append(entities, name)
		}
		for _, column := range h.clients {
			or = append(or, column+" IN ("+strings.Join(addresses, ", ")+")")
		}
		if h.entity {
			or = append(or, "entity_kind = 'address' AND entity IN ("+literals(entities)+")")
		}
		if h.list != "" {
			or = append(or, among(h.list, "address", entities))
		}
		for _, column := range h.says {
			for _, name := range entities {
				or = append(or, names(column, name))
			}
		}
		for _, column := range h.about {
			or = append(or, mentions(column, entities))
		}
	}
	if len(or) == 0 {
		return ""
	}
	return "(" + strings.Join(or, ") OR (") + ")"
}

// among is a condition that a Nested of entities has one of the names.
func among(list, kind string, names []string) string {
	return "arrayExists((k, n) -> k = '" + kind + "' AND n IN (" + literals(names) + "), " + list + ".kind, " + list + ".name)"
}

// mentions is a condition that JSON has one of the addresses as an entity.
func mentions(column string, addresses []string) string {
	var or []string
	for chunk := range slices.Chunk(addresses, maxNeedles) {
		var needles []string
		for _, a := range chunk {
			needles = append(needles, `"kind":"address","name":"`+a+`"`)
		}
		or = append(or, "multiSearchAny("+column+", ["+literals(needles)+"])")
	}
	return strings.Join(or, " OR ")
}

// in is a condition that a text mentions the person: one of his pseudonyms is in
// it, which mean nobody else, or his name as a whole word.
func (p *Person) in(text string) string {
	var or []string
	var tokens []string
	for _, n := range p.Names {
		if strings.HasPrefix(n, "h1:") {
			tokens = append(tokens, n)
		}
	}
	for chunk := range slices.Chunk(tokens, maxNeedles) {
		or = append(or, "multiSearchAny("+text+", ["+literals(chunk)+"])")
	}
	if p.Text != "" {
		or = append(or, names(text, p.Text))
	}
	if len(or) == 0 {
		return "0"
	}
	return "(" + strings.Join(or, " OR ") + ")"
}

// names is a condition that a text has the name as a whole word. The search for
// the bytes comes first: it is much cheaper.
func names(text, name string) string {
	return "(position(" + text + ", " + literal(name) + ") > 0 AND match(" + text + ", " + literal(WholeWord(name)) + "))"
}

// WholeWord returns the regular expression, in the syntax of RE2, of a name that
// is no part of a longer one: "jo" is not in "jo@example.org" and not in
// "jo.doe", but it is in "for jo." Its first and second group are around it.
func WholeWord(name string) string {
	return `(^|[^A-Za-z0-9_@.-])` + regexp.QuoteMeta(name) + `($|[^A-Za-z0-9_@.-]|\.$|\.[^A-Za-z0-9])`
}

// maxNeedles is how many words multiSearchAny takes.
const maxNeedles = 255

// literal returns s as a ClickHouse string literal.
func literal(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(" :._-/@", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02X`, c)
		}
	}
	return b.String() + "'"
}

func literals(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = literal(s)
	}
	return strings.Join(out, ", ")
}

// Count counts the rows of a person by table, and changes nothing.
func (s *Store) Count(ctx context.Context, p Person) ([]Erased, error) {
	var out []Erased
	for i := range holdings {
		t := &holdings[i]
		where := t.where(&p)
		if where == "" {
			continue
		}
		e := Erased{Table: t.table}
		if err := s.count(ctx, t.table, where, &e.Before, &e.Removed); err != nil {
			return nil, err
		}
		e.After, e.Left = e.Before, e.Removed
		out = append(out, e)
	}
	return out, nil
}

func (s *Store) count(ctx context.Context, table, where string, all, his *uint64) error {
	err := s.conn.QueryRow(unlogged(ctx), "SELECT count(), countIf("+where+") FROM "+s.table(table)).Scan(all, his)
	if err != nil {
		return fmt.Errorf("count the rows of a person in %s: %w", table, err)
	}
	return nil
}

// Forget deletes the rows of a person in every table, and takes his name out of
// the texts of others' events. It returns when ClickHouse has rewritten its
// parts, on all replicas, and has counted again; it can be repeated after an
// error. The old parts' files go some minutes later (old_parts_lifetime).
//
// What stays are sums and sets of 64-bit hashes in roll-ups of addresses, routes
// and of principals that a person shared: they name nobody, and of a set no
// element can be read; who has the ring and knows the name can guess from it
// that the person was among those who used an address in a minute.
func (s *Store) Forget(ctx context.Context, p Person) (out []Erased, err error) {
	defer func() { s.metrics.failed("forget", err) }()
	if out, err = s.Count(ctx, p); err != nil {
		return nil, err
	}
	for i := range out {
		e := &out[i]
		at := slices.IndexFunc(holdings, func(h holding) bool { return h.table == e.Table })
		where := holdings[at].where(&p)
		if e.Removed > 0 {
			rows, err := s.unnamed(ctx, holdings[at], p, where, e.Removed)
			if err != nil {
				return nil, err
			}
			if err := s.mutate(ctx, "ALTER TABLE "+s.table(e.Table)+" DELETE WHERE "+rows); err != nil {
				return nil, fmt.Errorf("forget a person in %s: %w", e.Table, err)
			}
		}
		if err := s.count(ctx, e.Table, where, &e.After, &e.Left); err != nil {
			return nil, err
		}
	}
	if p.Text == "" {
		return out, nil
	}
	return out, s.unname(ctx, p.Text)
}

// unnamed returns the condition without the person's name if it means as many
// rows: ClickHouse keeps the text of its last mutations (system.mutations,
// finished_mutations_to_keep), where a name would stand beside its pseudonyms,
// though no table had it.
func (s *Store) unnamed(ctx context.Context, h holding, p Person, where string, rows uint64) (string, error) {
	p.Text = ""
	p.Names = slices.DeleteFunc(slices.Clone(p.Names), func(n string) bool { return !strings.HasPrefix(n, "h1:") })
	lean := h.where(&p)
	if lean == "" || lean == where {
		return where, nil
	}
	var all, his uint64
	if err := s.count(ctx, h.table, lean, &all, &his); err != nil {
		return "", err
	}
	if his < rows {
		return where, nil
	}
	return lean, nil
}

// unlogged returns ctx for statements that name a person, which the query log of
// a server must not keep.
func unlogged(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"log_queries": 0}))
}

// unname takes a name out of the texts of events.
func (s *Store) unname(ctx context.Context, text string) error {
	for _, column := range named {
		var n uint64
		has := names(column, text)
		if err := s.conn.QueryRow(unlogged(ctx), "SELECT count() FROM "+s.table("events")+" WHERE "+has).Scan(&n); err != nil {
			return fmt.Errorf("look for a name in %s: %w", column, err)
		}
		if n == 0 {
			continue
		}
		if err := s.mutate(ctx, fmt.Sprintf("ALTER TABLE %s UPDATE %[2]s = replaceRegexpAll(%[2]s, %[3]s, %[4]s) WHERE %[5]s",
			s.table("events"), column, literal(WholeWord(text)), literal(`\1`+forgotten+`\2`), has)); err != nil {
			return fmt.Errorf("take a name out of %s: %w", column, err)
		}
	}
	return nil
}

// mutationTimeout bounds one mutation: it rewrites every part that has a row of
// the person, which of a month of events takes as long as reading it.
const mutationTimeout = 2 * time.Hour

// mutate runs a mutation and waits for it, on every replica.
func (s *Store) mutate(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, mutationTimeout)
	defer cancel()
	return s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"log_queries": 0, "mutations_sync": 2, "allow_nondeterministic_mutations": 0, "max_execution_time": int(mutationTimeout.Seconds()),
	})), sql)
}
