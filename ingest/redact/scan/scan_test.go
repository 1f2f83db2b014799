package scan

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/redact/scan/labelled"
	"github.com/gatehound/gatehound/schemas"
)

func clean(t testing.TB, s *Scanner, text string, mode Mode) (string, schemas.RedactionCounts) {
	t.Helper()
	var n schemas.RedactionCounts
	out, changed := s.Clean(text, mode, &n)
	if !changed {
		if out != nil {
			t.Errorf("output without change")
		}
		return text, n
	}
	return string(out), n
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		mode           Mode
	}{
		{"several", "a@b.com called +14155552671 from 203.0.113.7", "[EMAIL] called [PHONE] from [IP]", 0},
		{"two cards", "4111111111111111 5555555555554444", "[CARD] [CARD]", 0},
		{"number after a number", "12 4111 1111 1111 1111 12/27", "12 [CARD] 12/27", 0},
		{"nested JSON", `{"m":"{\"password\":\"a\\\"b\",\"n\":1}"}`, `{"m":"{\"password\":\"[SECRET]\",\"n\":1}"}`, 0},
		{"array of secrets", `{"x-api-key":["a","b]"],"n":1}`, `{"x-api-key":[SECRET],"n":1}`, 0},
		{"unclosed", `{"password":"abc`, `{"password":"[SECRET]`, 0},
		{"escaped ampersand", "password=a%26b&c=d", "password=[SECRET]&c=d", Parameters},
		{"first parameter", "key=abc&v=1", "key=[SECRET]&v=1", Parameters},
		{"no parameter", "key=abc is short", "key=abc is short", 0},
		{"null", `{"password":null,"token":"","secret":false}`, `{"password":null,"token":"","secret":false}`, 0},
		{"cookie", "Cookie: a=b; c=d\nHost: x", "Cookie: [SECRET]", 0},
		{"prompts", `{"role":"user","content":"my secret plan","n":1}`, `{"role":"user","content":"[PROMPT]","n":1}`, Prompts},
		{"prompt parts", `{"content":[{"type":"text","text":"hi ] there"}],"n":1}`, `{"content":[PROMPT],"n":1}`, Prompts},
		{"prompt parameter", "prompt=tell+me&n=1", "prompt=[PROMPT]&n=1", Parameters | Prompts},
		{"prompts are left", `{"content":"my plan"}`, `{"content":"my plan"}`, 0},
		{"prose about content", "content: text", "content: text", Prompts},
		{"controls", "a\x1b[31mb\x00c\td\r\n", "a\uFFFD[31mb\uFFFDc d  ", 0},
		{"bidi", "user\u202emoc\u2066", "user\uFFFDmoc\uFFFD", 0},
		{"invalid", "a\xffb\xc3(", "a\uFFFDb\uFFFD(", 0},
		{"full width", "a\uff20b\uff0ecom", "[EMAIL]", 0},
		{"zero width in an address", "a\u200b@b.com", "[EMAIL]", 0},
		{"escaped control in a key", "sk-ant-%00api03-" + strings.Repeat("aB1", 20), "[SECRET:anthropic]", 0},
		{"upper case", "SK-ANT-API03-" + strings.Repeat("AB1", 20), "[SECRET:anthropic]", 0},
		{"plus is a space", "tel=+1+415+555+2671&x", "tel=[PHONE]&x", Parameters},
		{"secrets only", "a@b.com 203.0.113.7 4111111111111111 password=x", "a@b.com 203.0.113.7 4111111111111111 password=[SECRET]", SecretsOnly},
		{"ids", "4111111111111111 44051401359 a@b.com", "4111111111111111 44051401359 [EMAIL]", ID},
		{"a short random id", "aB3dE5fG7hI9jK1lM3nO5p", "aB3dE5fG7hI9jK1lM3nO5p", ID},
		{"a marker that lies", "password=[SECRET]really", "password=[SECRET]", 0},
		{"no marker", "password=[EMAILS]", "password=[SECRET]", 0},
		{"digest", `Authorization: Digest username="a", response="b"`, "Authorization: [AUTH]", 0},
		{"international address", "用户@例子.公司 x", "[EMAIL] x", 0},
		{"end of a sentence", "Write to a@b.com. Thanks", "Write to [EMAIL]. Thanks", 0},
		{"emails in a list", "a@b.com,c@d.org;e@f.net", "[EMAIL],[EMAIL];[EMAIL]", 0},
		{"version after an address", "1.2.3.4 v1.2.3.4", "[IP] v1.2.3.4", 0},
		{"quad of five", "1.2.3.4.5", "1.2.3.4.5", 0},
		{"objects around prompts", `{"response":{"status":200,"choices":[{"message":{"content":"hi"}}]},"input":{"type":"log"}}`,
			`{"response":{"status":200,"choices":[PROMPT]},"input":{"type":"log"}}`, Prompts},
		{"CORS", "access-control-allow-credentials: true1234", "access-control-allow-credentials: true1234", 0},
		{"extension", "call +44 20 7946 0958ext5", "call [PHONE]ext5", 0},
		{"numbers of no plan", "(555)123-4567, 555-123-4567", "[PHONE], [PHONE]", 0},
		{"card with dots", "4111.1111.1111.1111", "[CARD]", 0},
		{"insurance number", "NINO AB123456C, ticket AB123456C", "NINO [NATIONAL_ID], ticket AB123456C", 0},
		{"short test key", "sk-test-12345 sk-learn", "[SECRET:sk] sk-learn", 0},
		{"address before a dash", "a@b.org-x c@d.net1y e@1.2.3-beta", "[EMAIL]-x [EMAIL]1y e@1.2.3-beta", 0},
		{"host of an address", "203.0.113.77.example.org, 1.2.3.4-beta", "[IP].example.org, 1.2.3.4-beta", 0},
		{"glued key", "prod_AK" + "IAQRSTUVWXYZ234567_old", "prod_[SECRET:aws]_old", 0},
		{"glued card", "card-4111 1111 1111 1111 and order-1234567", "card-[CARD] and order-1234567", 0},
		{"card in a query", "q=4111+1111+1111+1111", "q=[CARD]", 0},
		{"AWS secret behind a colon", "v:aB3dE5fG7hI9j/aB3dE5fG7hI9j+aB3dE5fG7hI9", "v:[SECRET:token]", 0},
		{"slack hook", "https://hooks.slack.com/services/T00000000/B00000000/aB3dE5fG7hI9jK1lM3nO5pQ7", "https://hooks.slack.com/services/[SECRET:slack]", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Scanner
			if got, _ := clean(t, &s, c.in, c.mode); got != c.want {
				t.Errorf("Clean(%q) =\n%q, want\n%q", c.in, got, c.want)
			}
		})
	}
}

func TestCleanCounts(t *testing.T) {
	var s Scanner
	_, n := clean(t, &s, "a@b.com c@d.org password=x \x00", 0)
	if n[schemas.RedactedEmail] != 2 || n[schemas.RedactedParameter] != 1 || n[schemas.RedactedUnproven] != 1 {
		t.Errorf("counts %v", n)
	}
}

func TestCleanIsBounded(t *testing.T) {
	var s Scanner
	got, n := clean(t, &s, strings.Repeat("a@b.com ", MaxInput/8+1), 0)
	if got != Unproven || n[schemas.RedactedUnproven] != 1 {
		t.Errorf("a text over the bound became %d bytes", len(got))
	}
}

// TestHostileTextIsLinear gives texts that make naive scanners quadratic. At
// 64 KiB a quadratic scan takes many seconds, a linear one a tenth of one.
func TestHostileTextIsLinear(t *testing.T) {
	var s Scanner
	for _, unit := range []string{"@", "a@", "%", "%25", "%2525", "1 ", "1-", "a=", "key=", ":", "::", "a:", "[", "[SECRET", "{\"a\":",
		"\"content\":[", "\\", "\\\"", "password:\\", "a/", "A1/", "eyJ", "-----BEGIN PRIVATE KEY", "http://a:", "Bearer ", "1.", "+1", "(1",
		"&#", "&#1", "\\u", "\u200b", "\xff", "DE12 ", "~", "Q~", "call ", "x.", "phone number is ", "AKIA", "ghp_", "sk-ant-", "xAKIA", "c2stYW50", "736b2d", " at ", "a at b dot ", "(at)", "--password ", "-p ", "curl -u ", "name=\"password\"", "=40", "&amp;", "&commat;", "hooks.slack.com/services/", "data:image/png;base64,", "upgrade 1.2.3.4 ", "ip 1-2-3-4 ", "contraseña:", ":thin:", "bc1q", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "passport 1", ".js?v=1.2.3.4", "0 / ", "sha256-",
		"\">", "<a b=\"c\">", "value:", "name: password, value: ", "[31m", "[1;", "ec2-1-2-3-4 ", "JG 10 37 59 ", "\\\\\\u0040", "api key: ", "signature: t=1,", "aB3dE5fG7hI9jK1lM3nO5pQ7r+/", "2024-06-01 2"} {
		text := strings.Repeat(unit, MaxInput/len(unit))
		var n schemas.RedactionCounts
		start := time.Now()
		s.Clean(text, Prompts, &n)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q took %v", unit, took)
		}
	}
}

func TestCutMarker(t *testing.T) {
	for in, want := range map[string]int{"abc": 3, "abc[EMA": 3, "abc[EMAIL]": 10, "abc[": 3, "[SECRET:openai": 0, "a[b]c": 5, "": 0, strings.Repeat("x", 99) + "[SE": 99} {
		if got := CutMarker(in); got != want {
			t.Errorf("CutMarker(%q) = %d, want %d", in, got, want)
		}
	}
}

// holds checks what is true of every output.
func holds(t *testing.T, s *Scanner, in string, mode Mode) string {
	t.Helper()
	out, _ := clean(t, s, in, mode)
	if !utf8.ValidString(out) {
		t.Errorf("not valid UTF-8: %q", out)
	}
	if len(out) > 4*len(in)+len(Unproven) {
		t.Errorf("%d bytes became %d", len(in), len(out))
	}
	for _, r := range out {
		if r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r == 0x1b {
			t.Errorf("control character %U in %q", r, out)
		}
	}
	if again, n := clean(t, s, out, mode); again != out || n != (schemas.RedactionCounts{}) {
		t.Errorf("redacting %q again gave %q", out, again)
	}
	return out
}

func TestIdempotent(t *testing.T) {
	var s Scanner
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 9))
		texts := readLabelled(t, seed, append(labelled.Tuning, labelled.HeldOut...)...)
		for range 4000 {
			a, b := texts[rng.IntN(len(texts))].Text, texts[rng.IntN(len(texts))].Text
			i, j := rng.IntN(len(a)+1), rng.IntN(len(b)+1)
			for _, mode := range []Mode{0, ID, Parameters, Prompts, SecretsOnly, Parameters | Prompts} {
				holds(t, &s, a[:i]+b[j:], mode)
				holds(t, &s, a[i:]+b, mode)
			}
		}
	}
}

// FuzzText plants a secret and an e-mail address between two arbitrary texts.
func FuzzText(f *testing.F) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, l := range readLabelled(f, 4, "first.tsv", "written_tuning.tsv") {
		f.Add(l.Text, l.Class, byte(l.Number))
	}
	keys := labelled.Keys(rng)
	planted := []string{keys.Get("anthropic"), keys.Get("openai"), keys.Get("github"), keys.Get("aws"), keys.Get("groq"), "jane.roe@example.org"}
	var s Scanner
	f.Fuzz(func(t *testing.T, before, after string, m byte) {
		mode := Mode(m) & (ID | Parameters | Prompts)
		holds(t, &s, before+after, mode)
		for _, secret := range planted {
			if out := holds(t, &s, before+" "+secret+" "+after, mode); strings.Contains(out, secret) {
				t.Errorf("a secret is left in %q", out)
			}
		}
	})
}

func BenchmarkClean(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"path", "/v1/chat/completions"},
		{"query", "api-version=2024-06-01&limit=20"},
		{"agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"},
		{"uuid", "99789635-18d0-480f-8182-a3a3c477a6a4"},
		{"email", "GET /users/john.doe@example.com/keys failed"},
		{"prose", strings.Repeat("the quick brown fox jumps over the lazy dog ", 10)},
		{"access line", "GET /v1/threads/thread_aB3dE5fG7hI9jK1lM3nO5pQ7/messages?limit=20&order=desc HTTP/1.1 200 1834 req_011CSHoEeqs5C35K2UUqmjTh"},
		{"JSON", `{"level":"info","ts":1726782477123,"request_id":"99789635-18d0-480f-8182-a3a3c477a6a4","model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":14,"completion_tokens":21},"latency":515}`},
		{"redacting line", `error for john.doe@example.com from 203.0.113.7: Bearer aB3dE5fG7hI9jK1l rejected, card 4111 1111 1111 1111, password=hunter2`},
		{"hostile digits", strings.Repeat("1-", 4096)},
		{"hostile escapes", strings.Repeat("%2540", 1638)},
		{"hostile names", strings.Repeat("key=", 2048)},
		{"hostile prefixes", strings.Repeat("ghp_", 2048)},
		{"hostile at", strings.Repeat("a at b dot ", 744)},
		{"numbers", strings.Repeat("order 12345678 at 2024-08-06 10:00 for 10.50 ", 10)},
	} {
		b.Run(c.name, func(b *testing.B) {
			var s Scanner
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				var n schemas.RedactionCounts
				s.Clean(c.text, 0, &n)
			}
		})
	}
}
