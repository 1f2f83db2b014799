package secret

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func draw(rng *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}

const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func TestIssuer(t *testing.T) {
	body := strings.Repeat("aB3dE5fG", 12)
	for key, want := range map[string]string{
		"sk-" + "ant-api03-" + body: "anthropic", "sk-" + "proj-" + body: "openai", "sk-" + body[:20] + "T3Blbk" + "FJ" + body[:20]: "openai",
		"sk-" + body[:22]: "sk", "AI" + "za" + body[:35]: "google", "gsk" + "_" + body[:52]: "groq", "gh" + "p_" + body[:36]: "github",
		"ey" + "JhbGciOiJIUzI1NiJ9.e30.x": "jwt", "0a1b2c3d4e5f60718293a4b5c6d7e8f9": "", "": "", "!": "", "hf_hub_download_url": "",
	} {
		if got := Issuer(key); got != want {
			t.Errorf("issuer of %.12s… is %q, want %q", key, got, want)
		}
	}
}

// TestEveryPrefix makes a key of each prefix. Of two prefixes that begin alike
// the longer must win, in every case of letters where case does not count.
func TestEveryPrefix(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range keyPrefixes {
		alphabet := base62
		switch {
		case p.rest != 0 && strings.HasPrefix(p.prefix, "A"):
			alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
		case p.rest != 0:
			alphabet = "0123456789abcdef"
		}
		rest := draw(rng, alphabet, max(p.least, 30)) + "7"
		if p.prefix == "ABSK" {
			rest = draw(rng, alphabet, 120)
		}
		if p.least == 0 {
			rest = "." + draw(rng, alphabet, 30)
		}
		key := p.prefix + rest
		tok := key
		if p.least == 0 {
			tok = p.prefix
		}
		if end, kind, issuer := Key(key, 0, tok); end != len(key) || kind != p.kind || issuer != p.issuer {
			t.Errorf("%s: end %d of %d, kind %v, issuer %q", p.prefix, end, len(key), kind, issuer)
		}
	}
}

func TestRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{20, 24, 32, 40, 64} {
		missed := 0
		for range 2000 {
			if !Random(draw(rng, base62, n), 20) {
				missed++
			}
		}
		if missed > 2000*3/100 {
			t.Errorf("%d of 2000 random tokens of %d characters were missed", missed, n)
		}
	}
	for _, s := range []string{"claude-3-5-sonnet-20241022", "ApplicationGatewayAccessLogWorkspaceName", "99789635-18d0-480f-8182-a3a3c477a6a4",
		"2f6946328ffc4946b8c9120704a4a155", "my-very-long-kubernetes-service-name", "01ARZ3NDEKTSV4RRFFQ69G5FAV", ""} {
		if Random(s, 20) {
			t.Errorf("%q was taken for random", s)
		}
	}
}

func TestTells(t *testing.T) {
	for name, want := range map[string]Telling{
		"api_key": TellsSecret, "X-Api-Key": TellsSecret, "OPENAI_API_KEY": TellsSecret, "dbPassword": TellsSecret, "access-token": TellsSecret,
		"sig": TellsSecret, "X-Amz-Signature": TellsSecret, "Authorization": TellsScheme, "Set-Cookie": TellsLine,
		"key": TellsMaybe, "my_key": TellsMaybe, "routingKey": TellsMaybe, "code": TellsMaybe,
		"content": TellsPrompt, "response": TellsAround,
		"max_tokens": TellsNothing, "prompt_token": TellsNothing, "time_to_first_token": TellsNothing, "monkey": TellsNothing, "id": TellsNothing,
		"access-control-allow-credentials": TellsNothing, "status_code": TellsNothing, "keyboard": TellsNothing,
	} {
		if got := Tells(name); got != want {
			t.Errorf("Tells(%q) = %d, want %d", name, got, want)
		}
	}
}

func TestShapes(t *testing.T) {
	if !IsUUID("99789635-18d0-480f-8182-a3a3c477a6a4") || IsUUID("99789635-18d0-480f-8182-a3a3c477a6ag") || IsUUID("99789635") {
		t.Error("IsUUID")
	}
	if !ObjectID("file-abc") || ObjectID("profile-abc") || ObjectID("msg_"+strings.Repeat("x", 80)) {
		t.Error("ObjectID")
	}
	if !Written("threads/aB3dE5fG7h") || Written("aB3dE5fG7h/x/K9mN2pQ4r") {
		t.Error("Written")
	}
}
