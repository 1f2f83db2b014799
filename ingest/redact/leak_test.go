package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// planted has one of each kind of what must not get out. They are put together
// here, so that no literal key stands in the source.
func planted() map[string]string {
	const r = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9nO1pQ3rS5tU7vW9xY1zA3bC5dE7fG9"
	body := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1234567890"}`))
	return map[string]string{
		"email": "jane.roe@example.org", "email escaped": "jane.roe%40example.org",
		"card": "4111 1111 1111 1111", "iban": "DE89370400440532013000", "phone": "+14155552671", "ssn": "078-05-1120",
		"nif": "12345678Z", "ip": "203.0.113.77", "ip6": "2001:db8:85a3::8a2e:370:7334", "mac": "00:1a:2b:3c:4d:5e",
		"anthropic": "sk-" + "ant-api03-" + r, "openai": "sk-" + "proj-" + r, "openai old": "sk-" + r[:20] + "T3Blbk" + "FJ" + r[:20],
		"openrouter": "sk-" + "or-v1-" + strings.Repeat("0a1b2c3d", 8), "litellm": "sk-" + r[:22], "groq": "gsk" + "_" + r[:52], "xai": "xai" + "-" + r[:80],
		"replicate": "r8" + "_" + r[:37], "nvidia": "nvapi" + "-" + r[:64], "huggingface": "hf" + "_" + strings.Repeat("aBcDeFgH", 4) + "aB",
		"google": "AI" + "za" + r[:35], "perplexity": "pplx" + "-" + r[:48], "bedrock": "ABS" + "K" + r + r[:30] + "==",
		"aws": "AK" + "IA" + "QRSTUVWXYZ234567", "gcp": "ya" + "29." + r, "github": "gh" + "p_" + r[:36], "gitlab": "glp" + "at-" + r[:20],
		"slack": "xox" + "b-123456789012-123456789012-" + r[:24], "stripe": "sk" + "_live_" + r[:24], "databricks": "dap" + "i" + strings.Repeat("0a1b2c3d", 4),
		"azure": "abc8" + "Q~" + r[:34], "jwt": base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + body + "." + r[:43],
		"pem": "-----BEGIN PRIV" + "ATE KEY-----" + r[:64] + "-----END PRIV" + "ATE KEY-----", "bearer": "Bearer " + r[:30],
		"basic": "Basic " + base64.StdEncoding.EncodeToString([]byte("jane:opensesame")), "dsn": "postgres://jane:opensesame@db/x",
		"parameter": "?password=opensesame&x=1", "awssecret": r[:13] + "/" + r[:13] + "+" + r[:12], "random": r[:40],
	}
}

// secretOf is the part of a planted text that must not be in the output.
func secretOf(text string) string {
	for _, s := range []string{"opensesame", base64.StdEncoding.EncodeToString([]byte("jane:opensesame"))} {
		if strings.Contains(text, s) {
			return s
		}
	}
	return strings.TrimPrefix(text, "Bearer ")
}

// idNumbers are the kinds that are numbers or ids in the shape of ids: in a
// request's id they are not told from one.
var idNumbers = map[string]bool{"card": true, "phone": true, "ssn": true, "nif": true}

// TestNothingLeaks plants each kind into each text of a record.
func TestNothingLeaks(t *testing.T) {
	configs := map[string]Config{"default": DefaultConfig()}
	for _, preset := range []string{"strict", "forensic"} {
		c := DefaultConfig()
		c.Preset = preset
		configs[preset] = c
	}
	for name, action := range map[string]Action{"keep": Keep, "pseudonymize": Pseudonymize} {
		c := DefaultConfig()
		v := reflect.ValueOf(&c).Elem()
		for i := range v.NumField() {
			if v.Field(i).Type() == reflect.TypeFor[Action]() && v.Type().Field(i).Name != "PromptFeatures" {
				v.Field(i).Set(reflect.ValueOf(action))
			}
		}
		configs[name] = c
	}
	personal := map[string]bool{"email": true, "email escaped": true, "card": true, "iban": true, "phone": true, "ssn": true, "nif": true, "ip": true, "ip6": true, "mac": true}
	fields := 0
	for name, cfg := range configs {
		r := newRedactor(t, cfg)
		typ := reflect.TypeFor[decode.Record]()
		for i := range typ.NumField() {
			f := typ.Field(i)
			for kind, text := range planted() {
				if (name == "keep" || name == "forensic") && personal[kind] || f.Name == "RequestID" && idNumbers[kind] {
					continue
				}
				for _, in := range []string{text, "x " + text + " y", "/a/" + text, "k=1&v=" + text} {
					rec := decode.Record{Method: "POST", Time: 1}
					switch v := reflect.ValueOf(&rec).Elem().Field(i); v.Kind() {
					case reflect.String:
						v.SetString(in)
					case reflect.Slice:
						v.Set(reflect.ValueOf([]string{"a", in}))
					default:
						continue
					}
					fields++
					for range 3 { // not found, admitted, found in the caches
						ev := schemas.Event{ClientAddr: netip.MustParseAddr("192.0.2.1")}
						var arena schemas.Arena
						if err := r.Event(&rec, &ev, &arena); err != nil {
							t.Fatal(err)
						}
						out, err := json.Marshal(ev)
						if err != nil {
							t.Fatal(err)
						}
						if strings.Contains(unescape(string(out)), secretOf(text)) {
							t.Errorf("%s policy: %s in %s (%.12q…) leaks: %s", name, kind, f.Name, in, out)
							break
						}
					}
				}
			}
		}
	}
	if fields < 5000 {
		t.Errorf("only %d plants", fields)
	}
}

func unescape(s string) string {
	return strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\"`, `"`).Replace(s)
}

// TestLinesDoNotLeak plants each kind into lines of several forms.
func TestLinesDoNotLeak(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for kind, text := range planted() {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		nested, err := json.Marshal(`{"message":` + string(quoted) + `}`)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			text, "\x00" + text + "\xff", `{"a":` + string(quoted) + `,"b":1}`, `{"message":` + string(nested) + `}`, `{"a":` + string(quoted),
			`1.2.3.4 - - [22/Nov/2026:07:00:00 +0000] "GET /x?v=` + text + ` HTTP/1.1" 200 1 "-" "-"`,
			strings.Repeat("x ", 500) + text, strings.Repeat(text+" ", 200),
		} {
			for _, limit := range []int{20, 64, 256, 1024, 4096} {
				got := r.Line([]byte(line), limit)
				if strings.Contains(unescape(got), secretOf(text)) {
					t.Errorf("%s leaks from a line: %s", kind, got)
				}
				if len(got) > limit || !utf8.ValidString(got) {
					t.Errorf("%d bytes, limit %d, valid %v", len(got), limit, utf8.ValidString(got))
				}
				if again := r.Line([]byte(got), limit); again != got {
					t.Errorf("line again: %q, was %q", again, got)
				}
			}
			if got := r.Text(line); strings.Contains(unescape(got), secretOf(text)) || r.Text(got) != got {
				t.Errorf("%s leaks from a text, or is not stable: %s", kind, got)
			}
		}
	}
}

// TestLineCutsNoSecretInTwo moves a secret over the end of what is read.
func TestLineCutsNoSecretInTwo(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	secret := planted()["anthropic"]
	const limit = 100
	for shift := range 2 * len(secret) {
		line := strings.Repeat("[EMAIL] ", (limit*lineWindow+lineTail)/8-20) + strings.Repeat("y ", shift) + secret + " tail"
		if got := r.Line([]byte(line), limit); strings.Contains(got, secret[:12]) {
			t.Fatalf("a part of a secret is left: %q", got)
		}
		short := strings.Repeat("y", shift) + " " + secret
		if got := r.Line([]byte(short), limit); strings.Contains(got, secret[:12]) {
			t.Fatalf("a part of a secret is left: %q", got)
		}
	}
}

func TestLineLeavesPromptsOut(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	got := r.Line([]byte(`{"model":"gpt-4o","messages":[{"role":"user","content":"my plan to rob"}],"response":{"text":"do not"},"status":200}`), 500)
	if strings.Contains(got, "rob") || strings.Contains(got, "do not") || !strings.Contains(got, `"status":200`) {
		t.Errorf("excerpt %s", got)
	}
	if got := r.Line([]byte("x"), 3); got != "" {
		t.Errorf("an excerpt of 3 bytes: %q", got)
	}
}
