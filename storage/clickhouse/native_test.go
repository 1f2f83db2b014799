package clickhouse

import (
	"context"
	"io"
	"log"
	"regexp"
	"strings"
	"testing"

	chproto "github.com/ClickHouse/ch-go/proto"
	chcolumn "github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

var discardLog = log.New(io.Discard, "", 0)

func chColumnType(s string) chcolumn.Type { return chcolumn.Type(s) }

// tableTypes returns the types of a table's columns.
func tableTypes(t testing.TB, s *Store, table string) map[string]string {
	t.Helper()
	return one[map[string]string](t, s,
		"SELECT mapFromArrays(groupArray(name), groupArray(type)) FROM system.columns WHERE database = ? AND table = ?", s.cfg.Database, table)
}

// nativeBlock makes a block with the types that a server would send for an
// insert into the columns.
func nativeBlock(t testing.TB, s *Store, table string, names []string) *proto.Block {
	t.Helper()
	types := tableTypes(t, s, table)
	block := proto.NewBlock()
	block.ServerContext = &chcolumn.ServerContext{Revision: serverRevision}
	for _, n := range names {
		if types[n] == "" {
			t.Fatalf("%s has no column %s", table, n)
		}
		if err := block.AddColumn(n, chcolumn.Type(types[n])); err != nil {
			t.Fatal(err)
		}
	}
	return block
}

// tryColumns appends rows to a native block, and encodes it as the native
// protocol does.
func tryColumns[T any](t testing.TB, s *Store, table string, list []columns.Column[T], rows []T) {
	t.Helper()
	c := columns.New(list)
	var names []string
	for _, d := range c.Types {
		names = append(names, d.Name)
	}
	block := nativeBlock(t, s, table, names)
	for i := range rows {
		c.Add(&rows[i])
	}
	if err := c.Flush(func(i int) driver.BatchColumn { return blockColumn{block.Columns[i]} }); err != nil {
		t.Errorf("%s: %v", table, err)
	}
	encode(t, table, block, len(rows))
}

func encode(t testing.TB, table string, block *proto.Block, rows int) {
	t.Helper()
	for _, c := range block.Columns {
		if c.Rows() != rows {
			t.Errorf("%s.%s has %d rows, want %d", table, c.Name(), c.Rows(), rows)
		}
	}
	var b chproto.Buffer
	if err := block.Encode(&b, serverRevision); err != nil {
		t.Errorf("%s: %v", table, err)
	}
}

type blockColumn struct{ chcolumn.Interface }

func (b blockColumn) Append(v any) error    { _, err := b.Interface.Append(v); return err }
func (b blockColumn) AppendRow(v any) error { return b.Interface.AppendRow(v) }

// recorder makes the batches of a store native ones, which go nowhere.
type recorder struct {
	driver.Conn
	t       *testing.T
	s       *Store
	batches int
}

var insertInto = regexp.MustCompile("^INSERT INTO `[^`]+`\\.(\\w+) \\((.*)\\)$")

func (r *recorder) PrepareBatch(_ context.Context, sql string, _ ...driver.PrepareBatchOption) (driver.Batch, error) {
	r.batches++
	m := insertInto.FindStringSubmatch(sql)
	names := strings.Split(strings.ReplaceAll(m[2], "`", ""), ", ")
	inner := &Store{cfg: r.s.cfg, conn: r.Conn}
	return &nativeBatch{t: r.t, table: m[1], block: nativeBlock(r.t, inner, m[1], names)}, nil
}

type nativeBatch struct {
	driver.Batch
	t     *testing.T
	table string
	block *proto.Block
}

func (b *nativeBatch) Column(i int) driver.BatchColumn { return blockColumn{b.block.Columns[i]} }
func (b *nativeBatch) Close() error                    { return nil }
func (b *nativeBatch) Send() error                     { encode(b.t, b.table, b.block, 1); return nil }
