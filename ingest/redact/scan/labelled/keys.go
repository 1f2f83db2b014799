package labelled

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Stock has one key of each kind by name. Keys are put together here: no
// literal key stands in the set, where other scanners would find it.
type Stock struct {
	rng    *rand.Rand
	values map[string]string
	others map[string]*Stock // by what stands behind '#'
}

const (
	small   = "abcdefghijklmnopqrstuvwxyz"
	capital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digit   = "0123456789"
	alnum   = small + capital + digit
	url64   = alnum + "-_"
	hexes   = digit + "abcdef"
)

func (k *Stock) of(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[k.rng.IntN(len(alphabet))]
	}
	return string(b)
}

// Keys draws a stock of keys.
func Keys(rng *rand.Rand) *Stock {
	k := &Stock{rng: rng, others: map[string]*Stock{}}
	of := k.of
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	jwt := head + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1234567890","name":"John Doe"}`)) + "." + of(url64, 43)
	pem := func(what, gap string) string {
		return "-----BEGIN " + what + "PRIV" + "ATE KEY-----" + gap + of(alnum+"+/", 64) + gap + of(alnum+"+/", 40) + "==" + gap + "-----END " + what + "PRIV" + "ATE KEY-----"
	}
	cut := pem("", " ")
	k.values = map[string]string{
		"anthropic":       "sk-" + "ant-api03-" + of(url64, 93) + "AA",
		"anthropic_admin": "sk-" + "ant-admin01-" + of(url64, 93) + "AA",
		"openai":          "sk-" + "proj-" + of(url64, 74) + "T3Blbk" + "FJ" + of(url64, 74),
		"openai_legacy":   "sk-" + of(alnum, 20) + "T3Blbk" + "FJ" + of(alnum, 20),
		"openai_svc":      "sk-" + "svcacct-" + of(url64, 58) + "T3Blbk" + "FJ" + of(url64, 58),
		"openai_admin":    "sk-" + "admin-" + of(url64, 58) + "T3Blbk" + "FJ" + of(url64, 58),
		"openrouter":      "sk-" + "or-v1-" + of(hexes, 64),
		"litellm":         "sk-" + of(alnum, 22),
		"litellm_master":  "sk-" + "1234",
		"groq":            "gsk" + "_" + of(alnum, 52),
		"xai":             "xai" + "-" + of(alnum, 80),
		"replicate":       "r8" + "_" + of(alnum, 37),
		"nvidia":          "nvapi" + "-" + of(url64, 64),
		"huggingface":     "hf" + "_" + of(small+capital, 34),
		"huggingface_org": "api" + "_org_" + of(small+capital, 34),
		"google":          "AI" + "za" + of(url64, 35),
		"perplexity":      "pplx" + "-" + of(alnum, 48),
		"bedrock":         "ABS" + "K" + of(alnum+"+/", 120) + "==",
		"bedrock_short":   "bedrock" + "-api-key-" + base64.StdEncoding.EncodeToString([]byte("bedrock.amazonaws.com/?Action=Call"+of(alnum, 30))),
		"cohere":          of(alnum, 40),
		"mistral":         of(alnum, 32),
		"azure_openai":    of(hexes, 32),
		"aws":             "AK" + "IA" + of(capital+"234567", 16),
		"aws_sts":         "AS" + "IA" + of(capital+"234567", 16),
		"awssecret":       of(alnum, 12) + "/" + of(alnum, 13) + "+" + of(alnum, 13),
		"aws_secret":      of(alnum, 12) + "/" + of(alnum, 13) + "+" + of(alnum, 13),
		"gcp_oauth":       "ya" + "29." + of(url64, 100),
		"gcp_secret":      "GOC" + "SPX-" + of(url64, 28),
		"github":          "gh" + "p_" + of(alnum, 36),
		"github_app":      "gh" + "s_" + of(alnum, 36),
		"github_pat":      "github" + "_pat_" + of(alnum, 22) + "_" + of(alnum, 59),
		"gitlab":          "glp" + "at-" + of(url64, 20),
		"slack":           "xox" + "b-" + of(digit, 12) + "-" + of(digit, 12) + "-" + of(alnum, 24),
		"slack_app":       "xap" + "p-1-A" + of(capital+digit, 10) + "-" + of(digit, 13) + "-" + of(hexes, 64),
		"slack_hook":      "T" + of(capital+digit, 8) + "/B" + of(capital+digit, 8) + "/" + of(alnum, 24),
		"stripe":          "sk" + "_live_" + of(alnum, 24),
		"stripe_r":        "rk" + "_test_" + of(alnum, 24),
		"databricks":      "dap" + "i" + of(hexes, 32),
		"npm":             "np" + "m_" + of(alnum, 36),
		"pypi":            "pyp" + "i-AgEIcHlwaS5vcmc" + of(url64, 60),
		"docker":          "dckr" + "_pat_" + of(url64, 27),
		"sendgrid":        "S" + "G." + of(url64, 22) + "." + of(url64, 43),
		"vault":           "hv" + "s." + of(url64, 90),
		"shopify":         "shp" + "at_" + of(hexes, 32),
		"azure":           of(alnum, 3) + "8" + "Q~" + of(url64, 34),
		"digitalocean":    "dop" + "_v1_" + of(hexes, 64),
		"grafana":         "gls" + "a_" + of(alnum, 32) + "_" + of(hexes, 8),
		"jwt":             jwt,
		"jwthead":         head,
		"jwt64":           base64.StdEncoding.EncodeToString([]byte(jwt)),
		"pem":             pem("RSA ", " "),
		"pemec":           pem("EC ", `\n`),
		"pemssh":          pem("OPENSSH ", `\n`),
		"pemenc":          pem("ENCRYPTED ", `\\n`),
		"pempgp":          strings.ReplaceAll(pem("PGP ", `\n`), "KEY-----", "KEY BLOCK-----"),
		"pemjson":         pem("", `\n`),
		"pemcut":          cut[:70],
		"basic":           base64.StdEncoding.EncodeToString([]byte("svc-" + of(small, 5) + ":" + of(alnum, 12))),
		"hex32":           of(hexes, 32),
		"body":            of(alnum, 60),
	}
	return k
}

// Names returns the names of the keys.
func (k *Stock) Names() []string {
	names := make([]string, 0, len(k.values))
	for name := range k.values {
		names = append(names, name)
	}
	return names
}

// drawn has the alphabets of new random characters by what stands before their
// number: "hx32" is 32 hexadecimal digits.
var drawn = []struct{ name, alphabet string }{
	{"random", alnum}, {"hx", hexes}, {"dg", digit}, {"up", capital + digit}, {"lo", small + digit},
	{"u64x", url64}, {"b64x", alnum + "+/"}, {"bech", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"},
}

// Get returns the key of a name; "name#2" is another of its kind, "randomN" is N
// new random characters (see drawn), "uuid" a new UUID, and "b64 name", "hex
// name" and "pct name" encode a key.
func (k *Stock) Get(name string) string {
	if name, number, ok := strings.Cut(name, "#"); ok {
		if k.others[number] == nil {
			k.others[number] = Keys(k.rng)
		}
		return k.others[number].Get(name)
	}
	if v, ok := k.values[name]; ok {
		return v
	}
	if how, of, ok := strings.Cut(name, " "); ok {
		v := k.Get(of)
		switch how {
		case "b64":
			return base64.StdEncoding.EncodeToString([]byte(v))
		case "hex":
			return hex.EncodeToString([]byte(v))
		case "pct":
			return strings.NewReplacer("-", "%2D", "_", "%5F").Replace(v)
		}
	}
	if name == "uuid" {
		return k.of(hexes, 8) + "-" + k.of(hexes, 4) + "-4" + k.of(hexes, 3) + "-a" + k.of(hexes, 3) + "-" + k.of(hexes, 12)
	}
	for _, d := range drawn {
		if rest, ok := strings.CutPrefix(name, d.name); ok {
			if n, err := strconv.Atoi(rest); err == nil {
				return k.of(d.alphabet, n)
			}
		}
	}
	panic("no key " + name)
}

// expand replaces {{name}} by the key of that name.
func (k *Stock) expand(s string) string {
	for {
		at := strings.Index(s, "{{")
		if at < 0 {
			return s
		}
		end := at + strings.Index(s[at:], "}}")
		s = s[:at] + k.Get(s[at+2:end]) + s[end+2:]
	}
}
