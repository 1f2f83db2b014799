package interact

import (
	"net/http"
	"strings"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// secretOf returns n secrets.
func secretOf(n int) outbound.Secret {
	return outbound.Secret(strings.Repeat("0123456789abcdef0123456789abcdef ", n))
}

// The example of https://docs.slack.dev/authentication/verifying-requests-from-slack.
func TestSlacksOwnExample(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	h := http.Header{"X-Slack-Request-Timestamp": {"1531420618"},
		"X-Slack-Signature": {"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}}
	v := verifier{secrets: [][]byte{[]byte(secretA)}, seen: make(map[[32]byte]time.Time)}
	if got := v.check(h, []byte(body), time.Unix(1531420620, 0)); got != genuine {
		t.Errorf("got %v", got)
	}
	if got := v.check(h, []byte(body+" "), time.Unix(1531420620, 0)); got != forged {
		t.Errorf("got %v for another body", got)
	}
}

// What we take, Slack's library takes.
func TestAsTheLibraryDoes(t *testing.T) {
	now := time.Now()
	h := sign(secretA, "payload=x", now)
	lib, err := slackapi.NewSecretsVerifier(h, secretA)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lib.Write([]byte("payload=x")); err != nil {
		t.Fatal(err)
	}
	v := verifier{secrets: [][]byte{[]byte(secretA)}, seen: make(map[[32]byte]time.Time)}
	if err := lib.Ensure(); err != nil || v.check(h, []byte("payload=x"), now) != genuine {
		t.Errorf("the library says %v", err)
	}
}

// A request is remembered for as long as it would pass, and not for ever.
func TestSeenIsBounded(t *testing.T) {
	v := verifier{seen: make(map[[32]byte]time.Time)}
	now := time.Unix(1_800_000_000, 0)
	sig := func(i int) [32]byte { return [32]byte{byte(i), byte(i >> 8), byte(i >> 16), 1} }
	for i := range maxSeen {
		if got := v.first(sig(i), now); got != genuine {
			t.Fatalf("request %d: got %v", i, got)
		}
	}
	if got := v.first(sig(maxSeen), now); got != crowded {
		t.Errorf("got %v, want it to take no more than it remembers", got)
	}
	if got := v.first(sig(5), now.Add(2*maxAge)); got != repeated {
		t.Errorf("got %v for a request from the future that comes again while it would pass", got)
	}
	if got := v.first(sig(maxSeen), now.Add(2*maxAge+time.Second)); got != genuine || len(v.seen) != 1 {
		t.Errorf("got %v later, %d remembered", got, len(v.seen))
	}
}

func TestConfig(t *testing.T) {
	t.Setenv("INTERACT_TEST_SECRET", strings.Repeat("a", 32)+" "+strings.Repeat("b", 32))
	for want, edit := range map[string]func(*Config){
		"signing_secret is not set":         func(c *Config) { c.SigningSecret = "" },
		"signing_secret, signing_secret_fi": func(c *Config) { c.SigningSecretEnv = "X" },
		"signing_secret is empty":           func(c *Config) { c.SigningSecret, c.SigningSecretEnv = "", "INTERACT_TEST_ABSENT" },
		"signing_secret is short":           func(c *Config) { c.SigningSecret = "hidden" },
		"want 1 to 4 secrets":               func(c *Config) { c.SigningSecret = secretOf(5) },
		"users[1] is no id":                 func(c *Config) { c.Users = []string{"U12", "ana"} },
		"teams[0] is no id":                 func(c *Config) { c.Teams = []string{""} },
		"channels has 1001 entries":         func(c *Config) { c.Channels = make([]string, 1001) },
		"allowed_hosts is empty":            func(c *Config) { c.HTTP.AllowedHosts = nil },
		"tls.cert_file":                     func(c *Config) { c.HTTP.TLS.CertFile = "x" },
	} {
		cfg := DefaultConfig()
		cfg.SigningSecret = secretOf(1)
		edit(&cfg)
		if _, err := New(cfg, nil, nil); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	cfg := DefaultConfig()
	cfg.SigningSecretEnv = "INTERACT_TEST_SECRET"
	if _, err := New(cfg, nil, nil); err != nil {
		t.Error(err)
	}
	if secrets, err := cfg.secrets(); err != nil || len(secrets) != 2 {
		t.Errorf("got %d secrets, %v", len(secrets), err)
	}
}
