package clickhouse

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// randomEvent sets every field, so that a forgotten column shows.
func randomEvent(t testing.TB, r *rand.Rand, at time.Time) schemas.Event {
	var e schemas.Event
	fill(t, r, reflect.ValueOf(&e).Elem())
	e.Time = at.UnixNano()
	e.Known = schemas.HasPrompt<<1 - 1
	e.Responder, e.Auth, e.AuthReason = schemas.ResponderUpstream, schemas.AuthFailure, schemas.ReasonExpired
	e.ClientClass, e.Guardrail = schemas.ClientEmpty, schemas.GuardrailMasked
	e.Network, e.Endpoint, e.ModelListing = schemas.NetworkInternal, schemas.ListingUnlisted, schemas.ListingKnown
	e.PromptScript, e.PromptSignals = schemas.ScriptMixed, schemas.SignalLookalike|schemas.SignalInjection
	e.ClientAddr = netip.MustParseAddr("203.0.113.99")
	e.Client = netip.MustParseAddr(fmt.Sprintf("10.1.%d.%d", r.IntN(256), r.IntN(256)))
	return e
}

func fill(t testing.TB, r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[netip.Addr]() {
			return
		}
		for i := range v.NumField() {
			fill(t, r, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, r, v.Index(i))
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("%s-%d", hostile[r.IntN(len(hostile))], r.Uint32()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(1 + r.Int64N(1<<30))
	case reflect.Uint8:
		v.SetUint(1 + r.Uint64N(250))
	case reflect.Uint16, reflect.Uint32:
		v.SetUint(1 + r.Uint64N(60000))
	case reflect.Uint64:
		v.SetUint(r.Uint64() | 1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(1+r.IntN(1000)) / 8)
	default:
		t.Fatalf("a field of kind %s: teach the test", v.Kind())
	}
}

// hostile are texts that break parsers of statements and formats.
var hostile = []string{"plain", "a\n\nb", "'; DROP TABLE events; --", "\\'\"`", "\x00\xff\xfe", "\r\n__exception__\r\n",
	"$$x$$", "{a:String}", "?", "\u202e", "%s%n"}

// readEvents reads the events back, in the order of their positions.
func readEvents(t testing.TB, s *Store) []schemas.Event {
	t.Helper()
	c := columns.New(eventColumns())
	rows, err := s.conn.Query(t.Context(), "SELECT "+c.Names+" FROM events ORDER BY topic, partition, message_offset, record_index")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []schemas.Event
	for rows.Next() {
		out = append(out, scanEvent(t, rows, c))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// scanEvent builds the event by the names of its fields in JSON, apart from the
// code that writes.
func scanEvent(t testing.TB, rows driver.Rows, c *columns.Set[schemas.Event]) schemas.Event {
	t.Helper()
	types := rows.ColumnTypes()
	dest := make([]any, len(types))
	for i := range types {
		dest[i] = reflect.New(types[i].ScanType()).Interface()
	}
	if err := rows.Scan(dest...); err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	position := map[string]any{}
	var known schemas.FieldSet
	for i, d := range c.Types {
		v := reflect.ValueOf(dest[i]).Elem()
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				continue
			}
			known |= fieldBits[d.Name]
			v = v.Elem()
		}
		switch d.Name {
		case "topic", "partition":
			position[d.Name] = v.Interface()
		case "message_offset":
			position["offset"] = v.Interface()
		case "record_index":
			position["index"] = v.Interface()
		case "time":
			fields["time"] = v.Interface().(time.Time).UnixNano()
		case "client":
			addr, ok := netip.AddrFromSlice(v.Bytes())
			if !ok {
				t.Fatal("no address")
			}
			if addr != netip.IPv6Unspecified() {
				fields["client"] = addr.Unmap()
			}
		case "redacted_counts":
			var counts schemas.RedactionCounts
			copy(counts[:], v.String())
			fields["redacted"] = counts
		case "prompt_signals":
			fields[d.Name] = schemas.PromptSignals(v.Uint())
		case "prompt_minhash":
			var sketch [4]uint32
			copy(sketch[:], v.Interface().([]uint32))
			fields[d.Name] = sketch
		default:
			fields[d.Name] = v.Interface()
		}
	}
	fields["position"] = position
	fields["known"] = known
	// JSON cannot carry bytes that are no UTF-8, so strings are set by reflection.
	texts := map[string]string{}
	for k, v := range fields {
		if s, ok := v.(string); ok && v != "" && !isEnum(k) {
			texts[k] = s
			delete(fields, k)
		}
	}
	topic, _ := position["topic"].(string)
	delete(position, "topic")
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var e schemas.Event
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	e.Position.Topic = topic
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		if s, ok := texts[jsonName(v.Type().Field(i))]; ok {
			v.Field(i).SetString(s)
		}
	}
	return e
}

func isEnum(name string) bool {
	return slices.Contains([]string{"responder", "auth", "auth_reason", "client_class", "guardrail",
		"network", "endpoint", "model_listing", "prompt_script", "prompt_signals"}, name)
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// fieldBits are the bits of FieldSet by column.
var fieldBits = map[string]schemas.FieldSet{
	"status": schemas.HasStatus, "upstream_status": schemas.HasUpstreamStatus,
	"latency": schemas.HasLatency, "upstream_latency": schemas.HasUpstreamLatency,
	"request_bytes": schemas.HasRequestBytes, "response_bytes": schemas.HasResponseBytes,
	"input_tokens": schemas.HasInputTokens, "output_tokens": schemas.HasOutputTokens,
	"cached_tokens": schemas.HasCachedTokens, "reasoning_tokens": schemas.HasReasoningTokens,
	"cost": schemas.HasCost, "stream": schemas.HasStream, "temperature": schemas.HasTemperature,
	"max_tokens": schemas.HasMaxTokens, "choices": schemas.HasChoices, "logprobs": schemas.HasLogprobs,
	"top_logprobs": schemas.HasTopLogprobs, "logit_bias": schemas.HasLogitBias, "tools": schemas.HasTools,
	"messages": schemas.HasMessages, "prompt_length": schemas.HasPrompt,
}

func TestEveryFieldRoundTrips(t *testing.T) {
	s := testStore(t)
	r := rand.New(rand.NewPCG(1, 2))
	now := time.Now()
	want := make([]schemas.Event, 300)
	for i := range want {
		want[i] = randomEvent(t, r, now.Add(time.Duration(-i)*time.Hour))
		want[i].Position = schemas.Position{Topic: "a", Partition: int32(i % 3), Offset: int64(i), Index: int32(i % 2)}
		if i%5 == 0 {
			want[i].Position.Topic = "b\n\nc"
		}
	}
	// The extremes: nothing known, everything known and zero, an IPv6 address.
	want[0] = schemas.Event{Position: want[0].Position, Time: now.UnixNano()}
	want[1] = schemas.Event{Position: want[1].Position, Time: now.UnixNano(), Known: schemas.HasPrompt<<1 - 1}
	want[3].Auth, want[3].AuthReason, want[3].ClientClass, want[3].Responder, want[3].Guardrail = 99, 99, 255, 128, 5
	want[2].Client = netip.MustParseAddr("2001:db8::1")
	slices.SortFunc(want, func(a, b schemas.Event) int {
		return strings.Compare(order(a.Position), order(b.Position))
	})
	b := &schemas.Batch{Token: "round", Parts: []*schemas.Part{{Events: want[:100]}, {Events: want[100:]}}}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got := readEvents(t, s)
	if len(got) != len(want) {
		t.Fatalf("%d events", len(got))
	}
	for i := range want {
		want[i].ClientAddr, want[i].Subject = netip.Addr{}, ""
		if want[i].Auth == 99 { // beyond the enumerations: unknown
			want[i].Auth, want[i].AuthReason, want[i].ClientClass, want[i].Responder, want[i].Guardrail = 0, 0, 0, 0, 0
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("event %d:\ngot  %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

func order(p schemas.Position) string {
	return fmt.Sprintf("%s/%09d/%019d/%09d", p.Topic, p.Partition, p.Offset, p.Index)
}

// TestClientAddrIsNowhere looks for the true address in every column.
func TestClientAddrIsNowhere(t *testing.T) {
	s := testStore(t)
	e := randomEvent(t, rand.New(rand.NewPCG(3, 4)), time.Now())
	e.ClientAddr, e.Subject = netip.MustParseAddr("198.51.100.77"), "h1:k0:subject"
	if err := s.WriteBatch(t.Context(), &schemas.Batch{Token: "a", Parts: []*schemas.Part{{Events: []schemas.Event{e}}}}); err != nil {
		t.Fatal(err)
	}
	row := one[string](t, s, "SELECT toString(tuple(*)) FROM events")
	for _, leak := range []string{"198.51.100.77", "c633:644d", e.Subject} {
		if strings.Contains(row, leak) {
			t.Errorf("%s is stored", leak)
		}
	}
	if !strings.Contains(row, e.Client.String()) {
		t.Error("the test does not see the stored address")
	}
}

func TestEnumerationsMatchTheSchema(t *testing.T) {
	s := testStore(t)
	for column, names := range map[string][]string{
		"responder":    namesOf[schemas.Responder](),
		"auth":         namesOf[schemas.AuthOutcome](),
		"auth_reason":  namesOf[schemas.AuthReason](),
		"client_class": namesOf[schemas.ClientClass](),
		"guardrail":    namesOf[schemas.Guardrail](),
		"network":      namesOf[schemas.NetworkClass](), "endpoint": namesOf[schemas.Listing](),
		"model_listing": namesOf[schemas.Listing](), "prompt_script": namesOf[schemas.Script](),
	} {
		var want []string
		for i, n := range names {
			want = append(want, fmt.Sprintf("'%s' = %d", n, i))
		}
		got := one[string](t, s, "SELECT type FROM system.columns WHERE database = ? AND table = 'events' AND name = ?", s.cfg.Database, column)
		if got != "Enum8("+strings.Join(want, ", ")+")" {
			t.Errorf("%s is %s, want %q", column, got, want)
		}
	}
	signals := schemas.Event{Time: time.Now().UnixNano(), PromptSignals: 1<<16 - 1}
	if err := s.WriteBatch(t.Context(), &schemas.Batch{Token: "s", Parts: []*schemas.Part{{Events: []schemas.Event{signals}}}}); err != nil {
		t.Fatal(err)
	}
	if got := one[[]string](t, s, "SELECT signals FROM events"); !slices.Equal(got, signals.PromptSignals.Names()) {
		t.Errorf("the signals are %q, want %q", got, signals.PromptSignals.Names())
	}
	var all schemas.RedactionCounts
	for k := range all {
		all[k] = uint8(k + 1)
	}
	none := schemas.Event{Time: time.Now().UnixNano()}
	full := none
	full.Redacted = all
	if err := s.WriteBatch(t.Context(), &schemas.Batch{Token: "r", Parts: []*schemas.Part{{Events: []schemas.Event{none, full}}}}); err != nil {
		t.Fatal(err)
	}
	got := one[map[string]uint8](t, s, "SELECT redacted FROM events WHERE redacted_counts != ''")
	want := map[string]uint8{}
	for k := range all {
		want[schemas.RedactionKind(k).String()] = all[k]
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("redacted is %v, want %v", got, want)
	}
	if n := one[uint64](t, s, "SELECT length(redacted) FROM events WHERE redacted_counts = ''"); n != 0 {
		t.Errorf("no redactions are %d", n)
	}
}

func namesOf[T interface {
	~uint8
	String() string
}]() (names []string) {
	// "invalid" is what the numbers beyond the last are called, and a reason too.
	for i := T(0); i < 100; i++ {
		names = append(names, i.String())
	}
	for len(names) > 1 && names[len(names)-2] == "invalid" {
		names = names[:len(names)-1]
	}
	return names[:len(names)-1]
}
