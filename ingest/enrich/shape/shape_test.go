package shape

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	for s, want := range map[string]bool{
		"orders": true, "chat": true, "tts": true, "css": true, "audit-logs": true, "batch_embed_contents": true, "a": true,
		"streamGenerateContent": true, "Accounts": true, "API": true, "userProfile": true, "getMe": true, "index.html": true,
		"oauth2": true, "v2-users": false, "html2pdf": true, "k8s": true, "psychology": true, "main.min.js": true,
		"": false, "12345": false, "node-12": false, "-": false, "x1y2z3": false, "a2": true, "abc123": false, "deadbeefcafe": false,
		"facade": true, "xkcdqrstvw": false, "kJxQvTzRwPbN": false, "QWxhZGRpbg": false, "aGVsbG8": false, "Xy_Zq-Kw": false,
		"how-to-train-your": false, "john@example.com": false, "caf\xc3\xa9": false, "a b": false, "%41": false, "{id}": false,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": false,
	} {
		if got := word(s); got != want {
			t.Errorf("word(%q) = %v", s, got)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, c := range []struct {
		segment, before string
		depth           int
		more, want      bool
	}{
		{"v1", "", 0, true, true}, {"v1beta1", "", 3, false, true}, {"v2alpha", "", 0, false, true}, {"v1.2", "", 0, false, true}, {"V2", "", 0, true, true},
		{"v", "", 0, true, false}, {"v1x", "", 0, true, false}, {"vault", "", 0, true, false}, {"v12345678901", "", 0, true, false},
		{"3", "api", 2, true, true}, {"3", "api", 2, false, false}, {"123", "api", 1, true, false}, {"2.1", "api", 1, true, true}, {"2024-01", "api", 1, true, true},
		{"2024-01-15", "", 0, true, true}, {"2024-01-15", "", 0, false, false}, {"2024-01-15", "reports", 1, true, false}, {"2024x01-15", "", 0, true, false},
		{"3", "orders", 1, true, false},
	} {
		if got := version(c.segment, c.before, c.depth, c.more); got != c.want {
			t.Errorf("version(%q) behind %q = %v", c.segment, c.before, got)
		}
	}
}

func TestLocale(t *testing.T) {
	for _, c := range []struct {
		segment string
		depth   int
		want    bool
	}{
		{"en-US", 3, true}, {"pt_BR", 0, true}, {"zh-Hans", 1, true}, {"en-gb", 0, true}, {"de", 0, true}, {"de", 1, false}, {"ai", 0, false}, {"my", 0, false},
		{"xx-YY", 0, false}, {"en-12", 0, false}, {"en-Hanx", 0, false}, {"english", 0, false}, {"en.US", 0, false},
	} {
		if got := locale(c.segment, c.depth, true); got != c.want {
			t.Errorf("locale(%q, %d) = %v", c.segment, c.depth, got)
		}
	}
	if locale("de", 0, false) {
		t.Error("the only segment is a language")
	}
}

// TestDrawn measures how many drawn names pass as words, by their alphabet.
func TestDrawn(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range []struct {
		name, alphabet string
		length         int
		most           float64
	}{
		{"letters", "abcdefghijklmnopqrstuvwxyz", 10, 0.06},
		{"long letters", "abcdefghijklmnopqrstuvwxyz", 20, 0.02},
		{"letters and digits", "abcdefghijklmnopqrstuvwxyz0123456789", 12, 0.01},
		{"base64", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 16, 0.002},
		{"base58", "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 22, 0.001},
		{"hex", "0123456789abcdef", 16, 0.001},
		{"base32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 0.01},
	} {
		const n = 20_000
		words := 0
		for range n {
			b := make([]byte, c.length)
			for i := range b {
				b[i] = c.alphabet[rng.IntN(len(c.alphabet))]
			}
			if word(string(b)) {
				words++
			}
		}
		share := float64(words) / n
		t.Logf("%s of %d: %.4f pass as words", c.name, c.length, share)
		if share > c.most {
			t.Errorf("%s: %.4f pass as words, at most %v may", c.name, share, c.most)
		}
	}
}

func TestAppend(t *testing.T) {
	for path, want := range map[string]string{
		"": "/", "///": "/", "//a//b/": "/a/b", "/users/alice/posts": "/users/{id}/posts", "/users/me": "/users/me",
		"/repos/acme/gateway/issues/7": "/repos/{id}/{id}/issues/{id}", "/users/alice/bob": "/users/{id}/bob",
		strings.Repeat("/a", 12): strings.Repeat("/a", 8) + "/{rest}",
	} {
		if got := string(Append([]byte("x"), path)); got != "x"+want {
			t.Errorf("Append(%q) = %q, want %q", path, got, want)
		}
	}
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { buf = Append(buf[:0], "/shop/orders/12345/items/kJxQvTzRwPbN") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("/en-US/users/alice/v1/99789635-18d0/xmlrpc.php")
	f.Fuzz(func(t *testing.T, path string) {
		got := string(Append(nil, path))
		if got == "" || got[0] != '/' || strings.Count(got, "/") > maxDepth+1 || len(got) > maxDepth*(maxWord+2)+8 {
			t.Errorf("Append(%q) = %q", path, got)
		}
		if again := string(Append(nil, path)); again != got {
			t.Errorf("Append(%q) = %q, then %q", path, got, again)
		}
	})
}
