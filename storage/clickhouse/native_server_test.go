package clickhouse

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
	chproto "github.com/ClickHouse/ch-go/proto"
	chcolumn "github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// nativeServer speaks the native protocol of a current revision, apart from
// clickhouse-go's code for its packets. It answers SELECT 1, and takes inserts
// into tables whose types come from the embedded engine's schema.
type nativeServer struct {
	t     *testing.T
	types map[string]string // of events
	fail  int32             // exception for inserts, 0 for none

	compression string // "none" if empty

	mu       sync.Mutex
	query    chproto.Query
	inserted []*proto.Block
}

func (n *nativeServer) serve(conn net.Conn) error {
	defer conn.Close()
	r, b := chproto.NewReader(conn), new(chproto.Buffer)
	flush := func() error {
		_, err := conn.Write(b.Buf)
		b.Reset()
		return err
	}
	if _, err := r.UVarInt(); err != nil {
		return err
	}
	var client chproto.ClientHello
	if err := client.Decode(r); err != nil {
		return err
	}
	hello := chproto.ServerHello{Name: "fake", Major: 26, Minor: 5, Revision: serverRevision, Timezone: "UTC", DisplayName: "fake"}
	hello.EncodeAware(b, serverRevision)
	if err := flush(); err != nil {
		return err
	}
	if _, err := r.Str(); err != nil { // the addendum: the quota's key
		return err
	}
	for {
		code, err := r.UVarInt()
		if err != nil {
			return err
		}
		switch chproto.ClientCode(code) {
		case chproto.ClientCodePing:
			chproto.ServerCodePong.Encode(b)
			err = flush()
		case chproto.ClientCodeQuery:
			err = n.answer(r, b, flush)
		default:
			err = fmt.Errorf("packet %d", code)
		}
		if err != nil {
			return err
		}
	}
}

func (n *nativeServer) answer(r *chproto.Reader, b *chproto.Buffer, flush func() error) error {
	var q chproto.Query
	if err := q.DecodeAware(r, serverRevision); err != nil {
		return err
	}
	compressed := q.Compression == chproto.CompressionEnabled
	if _, err := n.data(r, compressed); err != nil { // no external tables
		return err
	}
	names, insert := strings.CutPrefix(q.Body, "INSERT INTO `gatehound`.events (")
	if insert && n.fail != 0 {
		chproto.ServerCodeException.Encode(b)
		(&chproto.Exception{Code: chproto.Error(n.fail), Name: "DB::Exception", Message: "refused by the fake"}).EncodeAware(b, serverRevision)
		return flush()
	}
	chproto.ServerCodeData.Encode(b)
	b.PutString("")
	begin := len(b.Buf)
	if insert {
		names, _, _ = strings.Cut(names, ")")
		if err := n.sample(b, strings.Split(names, ", ")); err != nil {
			return err
		}
	} else {
		reply := proto.NewBlock()
		mustAdd(reply, "1", "UInt8")
		if err := errors.Join(reply.Append(uint8(1)), reply.Encode(b, serverRevision)); err != nil {
			return err
		}
	}
	if compressed {
		w := compress.NewWriter(compress.LevelZero, compress.LZ4)
		if err := w.Compress(b.Buf[begin:]); err != nil {
			return err
		}
		b.Buf = append(b.Buf[:begin], w.Data...)
	}
	if insert {
		if err := flush(); err != nil {
			return err
		}
		for {
			block, err := n.data(r, compressed)
			if err != nil {
				return err
			}
			if block.Rows() == 0 {
				break
			}
			n.mu.Lock()
			n.query, n.inserted = q, append(n.inserted, block)
			n.mu.Unlock()
		}
	}
	chproto.ServerCodeEndOfStream.Encode(b)
	return flush()
}

// sample writes a block of no rows, which tells the client the columns' types.
func (n *nativeServer) sample(b *chproto.Buffer, names []string) error {
	chproto.BlockInfo{BucketNum: -1}.Encode(b)
	b.PutInt(len(names))
	b.PutInt(0)
	for _, name := range names {
		name = strings.Trim(name, "`")
		if n.types[name] == "" {
			return fmt.Errorf("events has no column %q", name)
		}
		b.PutString(name)
		b.PutString(n.types[name])
		b.PutBool(false) // no custom serialization
	}
	return nil
}

// data reads a packet of data: its code, the name of a table, and a block.
func (n *nativeServer) data(r *chproto.Reader, compressed bool) (*proto.Block, error) {
	code, err := r.UVarInt()
	if err != nil || chproto.ClientCode(code) != chproto.ClientCodeData {
		return nil, fmt.Errorf("packet %d, not data: %w", code, err)
	}
	if _, err := r.Str(); err != nil {
		return nil, err
	}
	if compressed {
		r.EnableCompression()
		defer r.DisableCompression()
	}
	block := proto.NewBlock()
	block.ServerContext = &chcolumn.ServerContext{Revision: serverRevision}
	return block, block.Decode(r, serverRevision)
}

// start listens until the test ends, and returns a store on the server.
func (n *nativeServer) start() *Store {
	n.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Addresses, cfg.Compression = []string{l.Addr().String()}, cmp.Or(n.compression, "none")
	s, err := Open(cfg, quiet, prometheus.NewRegistry())
	if err != nil {
		n.t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				if err := n.serve(conn); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
					n.t.Errorf("fake server: %v", err)
				}
			})
		}
	})
	n.t.Cleanup(func() {
		s.Close()
		l.Close()
		wg.Wait()
	})
	return s
}

// TestNativeProtocol writes a batch over the native protocol.
func TestNativeProtocol(t *testing.T) {
	types := tableTypes(t, testStore(t), "events")
	for _, compression := range []string{"none", "lz4", "zstd"} {
		t.Run(compression, func(t *testing.T) { nativeBatchArrives(t, &nativeServer{t: t, types: types, compression: compression}) })
	}
}

func nativeBatchArrives(t *testing.T, n *nativeServer) {
	s := n.start()
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := nightBatch(3, 6000)
	for _, p := range b.Parts {
		p.Rejects = nil
	}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.inserted) != 1 {
		t.Fatalf("%d blocks for one batch", len(n.inserted))
	}
	if !slices.ContainsFunc(n.query.Settings, func(s chproto.Setting) bool {
		return s.Key == "insert_deduplication_token" && s.Value == b.Token
	}) {
		t.Errorf("no token in %v", n.query.Settings)
	}
	block := n.inserted[0]
	if block.Rows() != b.Len() {
		t.Fatalf("%d rows, want %d", block.Rows(), b.Len())
	}
	column := func(name string) chcolumn.Interface {
		i := slices.IndexFunc(block.Columns, func(c chcolumn.Interface) bool { return c.Name() == name })
		return block.Columns[i]
	}
	i := 0
	for _, p := range b.Parts {
		for _, e := range p.Events {
			got := fmt.Sprint(column("principal").Row(i, false), *column("status").Row(i, false).(*uint16), column("route").Row(i, false),
				column("message_offset").Row(i, false), column("max_tokens").Row(i, false), column("auth").Row(i, false))
			if want := fmt.Sprint(e.Principal, e.Status, e.Route, e.Position.Offset, nil, "unknown"); got != want {
				t.Fatalf("row %d is %s, want %s", i, got, want)
			}
			i++
		}
	}
}

func TestNativeExceptions(t *testing.T) {
	for code, retryable := range map[int32]bool{252: true, 241: true, 16: false} {
		n := &nativeServer{t: t, fail: code}
		err := n.start().WriteBatch(t.Context(), &schemas.Batch{Token: "x", Parts: []*schemas.Part{{Events: make([]schemas.Event, 1)}}})
		if err == nil || IsRetryable(err) != retryable || !strings.Contains(err.Error(), "refused by the fake") {
			t.Errorf("code %d: retryable %v, %v", code, IsRetryable(err), err)
		}
	}
}
