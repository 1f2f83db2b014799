package scan

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
)

// The keys of the tests are made here: no literal key stands in the source.

const (
	alphaLower = "abcdefghijklmnopqrstuvwxyz"
	alphaUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numbers    = "0123456789"
	alnum      = alphaLower + alphaUpper + numbers
	url64      = alnum + "-_"
	hexLower   = numbers + "abcdef"
)

// draw returns n characters of alphabet.
func draw(rng *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}

// fakeKeys returns one key of each kind, by name.
func fakeKeys(rng *rand.Rand) map[string]string {
	jwtHead := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	jwt := jwtHead + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1234567890","name":"John Doe"}`)) + "." + draw(rng, url64, 43)
	pemBody := draw(rng, alnum+"+/", 64)
	begin, end := "-----BEGIN RSA PRIV"+"ATE KEY-----", "-----END RSA PRIV"+"ATE KEY-----"
	return map[string]string{
		"anthropic":       "sk-" + "ant-api03-" + draw(rng, url64, 93) + "AA",
		"anthropic_admin": "sk-" + "ant-admin01-" + draw(rng, url64, 93) + "AA",
		"openai":          "sk-" + "proj-" + draw(rng, url64, 74) + "T3Blbk" + "FJ" + draw(rng, url64, 74),
		"openai_legacy":   "sk-" + draw(rng, alnum, 20) + "T3Blbk" + "FJ" + draw(rng, alnum, 20),
		"openai_svc":      "sk-" + "svcacct-" + draw(rng, url64, 58),
		"openrouter":      "sk-" + "or-v1-" + draw(rng, hexLower, 64),
		"litellm":         "sk-" + draw(rng, url64[:62], 22),
		"litellm_master":  "sk-" + "1234",
		"groq":            "gsk" + "_" + draw(rng, alnum, 52),
		"xai":             "xai" + "-" + draw(rng, alnum, 80),
		"replicate":       "r8" + "_" + draw(rng, alnum, 37),
		"nvidia":          "nvapi" + "-" + draw(rng, url64, 64),
		"huggingface":     "hf" + "_" + draw(rng, alphaLower+alphaUpper, 34),
		"google":          "AI" + "za" + draw(rng, url64, 35),
		"perplexity":      "pplx" + "-" + draw(rng, alnum, 48),
		"bedrock":         "ABS" + "K" + draw(rng, alnum+"+/", 120) + "==",
		"aws":             "AK" + "IA" + draw(rng, alphaUpper+"234567", 16),
		"aws_sts":         "AS" + "IA" + draw(rng, alphaUpper+"234567", 16),
		"gcp_oauth":       "ya" + "29." + draw(rng, url64, 100),
		"gcp_secret":      "GOC" + "SPX-" + draw(rng, url64, 28),
		"github":          "gh" + "p_" + draw(rng, alnum, 36),
		"github_pat":      "github" + "_pat_" + draw(rng, alnum+"_", 82),
		"gitlab":          "glp" + "at-" + draw(rng, url64, 20),
		"slack":           "xox" + "b-" + draw(rng, numbers, 12) + "-" + draw(rng, numbers, 12) + "-" + draw(rng, alnum, 24),
		"slack_app":       "xap" + "p-1-A" + draw(rng, alphaUpper+numbers, 10) + "-" + draw(rng, numbers, 13) + "-" + draw(rng, hexLower, 64),
		"stripe":          "sk" + "_live_" + draw(rng, alnum, 24),
		"stripe_r":        "rk" + "_test_" + draw(rng, alnum, 24),
		"databricks":      "dap" + "i" + draw(rng, hexLower, 32),
		"npm":             "np" + "m_" + draw(rng, alnum, 36),
		"pypi":            "pyp" + "i-AgEIcHlwaS5vcmc" + draw(rng, url64, 60),
		"docker":          "dckr" + "_pat_" + draw(rng, url64, 27),
		"sendgrid":        "S" + "G." + draw(rng, url64, 22) + "." + draw(rng, url64, 43),
		"vault":           "hv" + "s." + draw(rng, url64, 90),
		"shopify":         "shp" + "at_" + draw(rng, hexLower, 32),
		"azure":           draw(rng, alnum, 3) + "8" + "Q~" + draw(rng, url64, 34),
		"digitalocean":    "dop" + "_v1_" + draw(rng, hexLower, 64),
		"grafana":         "gls" + "a_" + draw(rng, alnum, 32) + "_" + draw(rng, hexLower, 8),
		"jwt":             jwt,
		"jwthead":         jwtHead,
		"jwt64":           base64.StdEncoding.EncodeToString([]byte(jwt)),
		"pem":             begin + " " + pemBody + " " + pemBody + " " + end,
		"pemjson":         begin + `\n` + pemBody + `\n` + end + `\n`,
		"pemcut":          begin + " " + pemBody[:40],
		"awssecret":       draw(rng, alnum, 12) + "/" + draw(rng, alnum, 13) + "+" + draw(rng, alnum, 13),
		"hex32":           draw(rng, hexLower, 32),
		"body":            draw(rng, alnum, 60),
	}
}

// expand replaces {{name}} by the key of that name, and {{randomN}} by N random
// characters.
func expand(rng *rand.Rand, keys map[string]string, s string) string {
	for {
		at := strings.Index(s, "{{")
		if at < 0 {
			return s
		}
		end := at + strings.Index(s[at:], "}}")
		name := s[at+2 : end]
		value, ok := keys[name]
		if !ok && strings.HasPrefix(name, "random") {
			n := 0
			for _, c := range name[len("random"):] {
				n = n*10 + int(c-'0')
			}
			value, ok = draw(rng, alnum, n), true
		}
		if !ok {
			panic("no key " + name)
		}
		s = s[:at] + value + s[end+2:]
	}
}
