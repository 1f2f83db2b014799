// Package secret tells secrets by what they are made of: the prefixes that
// issuers give to their keys, randomness, and the names that values have.
package secret

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/schemas"
)

// keyPrefix is the beginning of the keys of one issuer.
type keyPrefix struct {
	prefix string
	issuer string
	// least is how many characters follow at least; rest, if set, are the
	// classes of all of them.
	least int
	rest  uint16
	kind  schemas.RedactionKind
}

const (
	apiKey   = schemas.RedactedAPIKey
	cloudKey = schemas.RedactedCloudKey
)

// keyPrefixes are the published prefixes of keys; of two that begin alike the
// longer stands first. The lengths are lower than the issuers' where those vary.
// The sources are the issuers' documentation and the rules of gitleaks v8.30.1
// (https://github.com/gitleaks/gitleaks, MIT).
var keyPrefixes = []keyPrefix{
	{"sk-ant-", "anthropic", 12, 0, apiKey},
	{"sk-proj-", "openai", 12, 0, apiKey},
	{"sk-svcacct-", "openai", 12, 0, apiKey},
	{"sk-admin-", "openai", 12, 0, apiKey},
	{"sk-None-", "openai", 12, 0, apiKey},
	{"sk-or-", "openrouter", 12, 0, apiKey},
	{"sk-lf-", "langfuse", 12, 0, apiKey},
	{"sess-", "openai", 32, 0, apiKey},
	{"sk-", "sk", 16, 0, apiKey}, // OpenAI before 2024, LiteLLM virtual keys, DeepSeek, …
	{"gsk_", "groq", 16, 0, apiKey},
	{"xai-", "xai", 16, 0, apiKey},
	{"r8_", "replicate", 16, 0, apiKey},
	{"nvapi-", "nvidia", 16, 0, apiKey},
	{"hf_", "huggingface", 20, 0, apiKey},
	{"api_org_", "huggingface", 20, 0, apiKey},
	{"AIza", "google", 24, 0, apiKey},
	{"pplx-", "perplexity", 16, 0, apiKey},
	{"ABSK", "bedrock", 1, 0, apiKey}, // at least 60 with '+' and '/'
	{"bedrock-api-key-", "bedrock", 16, 0, apiKey},
	{"tgp_v1_", "together", 16, 0, apiKey},
	{"fw_", "fireworks", 16, 0, apiKey},
	{"csk-", "cerebras", 16, 0, apiKey},
	{"jina_", "jina", 16, 0, apiKey},
	{"tvly-", "tavily", 16, 0, apiKey},
	{"lsv2_", "langsmith", 16, 0, apiKey},
	{"pcsk_", "pinecone", 32, 0, apiKey},
	{"fc-", "firecrawl", 32, chars.Hex, apiKey},
	{"e2b_", "e2b", 32, chars.Hex, apiKey},
	{"llx-", "llamaindex", 32, 0, apiKey},
	{"esecret_", "anyscale", 20, 0, apiKey},
	{"bb_live_", "browserbase", 20, 0, apiKey},

	{"AKIA", "aws", 12, chars.Upper | chars.Digit, cloudKey},
	{"ASIA", "aws", 12, chars.Upper | chars.Digit, cloudKey},
	{"ABIA", "aws", 12, chars.Upper | chars.Digit, cloudKey},
	{"ACCA", "aws", 12, chars.Upper | chars.Digit, cloudKey},
	{"A3T", "aws", 16, chars.Upper | chars.Digit, cloudKey},
	{"ya29", "gcp", 0, 0, cloudKey},
	{"GOCSPX-", "gcp", 16, 0, cloudKey},
	{"github_pat_", "github", 20, 0, cloudKey},
	{"ghp_", "github", 20, 0, cloudKey},
	{"gho_", "github", 20, 0, cloudKey},
	{"ghu_", "github", 20, 0, cloudKey},
	{"ghs_", "github", 20, 0, cloudKey},
	{"ghr_", "github", 20, 0, cloudKey},
	{"glpat-", "gitlab", 16, 0, cloudKey},
	{"gldt-", "gitlab", 16, 0, cloudKey},
	{"glrt-", "gitlab", 16, 0, cloudKey},
	{"glcbt-", "gitlab", 16, 0, cloudKey},
	{"glptt-", "gitlab", 16, 0, cloudKey},
	{"glsoat-", "gitlab", 16, 0, cloudKey},
	{"xoxb-", "slack", 12, 0, cloudKey},
	{"xoxp-", "slack", 12, 0, cloudKey},
	{"xoxa-", "slack", 12, 0, cloudKey},
	{"xoxr-", "slack", 12, 0, cloudKey},
	{"xoxs-", "slack", 12, 0, cloudKey},
	{"xoxe-", "slack", 12, 0, cloudKey},
	{"xapp-", "slack", 12, 0, cloudKey},
	{"sk_live_", "stripe", 10, 0, cloudKey},
	{"sk_test_", "stripe", 10, 0, cloudKey},
	{"sk_prod_", "stripe", 10, 0, cloudKey},
	{"rk_live_", "stripe", 10, 0, cloudKey},
	{"rk_test_", "stripe", 10, 0, cloudKey},
	{"rk_prod_", "stripe", 10, 0, cloudKey},
	{"whsec_", "stripe", 16, 0, cloudKey},
	{"dapi", "databricks", 32, chars.Hex | chars.Join, cloudKey},
	{"npm_", "npm", 30, 0, cloudKey},
	{"pypi-AgEI", "pypi", 30, 0, cloudKey},
	{"dckr_pat_", "docker", 20, 0, cloudKey},
	{"shpat_", "shopify", 20, 0, cloudKey},
	{"shpss_", "shopify", 20, 0, cloudKey},
	{"shpca_", "shopify", 20, 0, cloudKey},
	{"dop_v1_", "digitalocean", 32, 0, cloudKey},
	{"doo_v1_", "digitalocean", 32, 0, cloudKey},
	{"glsa_", "grafana", 20, 0, cloudKey},
	{"glc_", "grafana", 20, 0, cloudKey},
	{"hvs", "vault", 0, 0, cloudKey},
	{"SG", "sendgrid", 0, 0, cloudKey},
	{"NRAK-", "newrelic", 20, 0, cloudKey},
	{"PMAK-", "postman", 20, 0, cloudKey},
	{"lin_api_", "linear", 20, 0, cloudKey},
	{"sntrys_", "sentry", 20, 0, cloudKey},
	{"rubygems_", "rubygems", 20, 0, cloudKey},
	{"xkeysib-", "brevo", 20, 0, cloudKey},
	{"ATATT3", "atlassian", 20, 0, cloudKey},
	{"AGE-SECRET-KEY-1", "age", 20, 0, cloudKey},
	{"CLOJARS_", "clojars", 40, 0, cloudKey},
	{"0-", "cloudflare", 160, chars.Hex | chars.Join, cloudKey}, // behind "v1."
}

// Issued is an issuer of keys and the kind that its keys have.
type Issued struct {
	Name string
	Kind schemas.RedactionKind
}

// Issuers returns every issuer once, in a fixed order.
func Issuers() []Issued {
	all := []Issued{{"azure", cloudKey}}
	seen := map[string]bool{}
	for _, b := range bareKeys {
		seen[b.issuer] = true
		all = append(all, Issued{b.issuer, apiKey})
	}
	for _, p := range keyPrefixes {
		if !seen[p.issuer] {
			seen[p.issuer] = true
			all = append(all, Issued{p.issuer, p.kind})
		}
	}
	return all
}

// prefixesBy has the prefixes by their first letter, in either case.
var prefixesBy = func() (t [256][]keyPrefix) {
	for _, p := range keyPrefixes {
		c := p.prefix[0]
		t[c] = append(t[c], p)
		if strings.ContainsAny(p.prefix, "-_") && c|0x20 >= 'a' && c|0x20 <= 'z' {
			t[c^0x20] = append(t[c^0x20], p)
		}
	}
	return t
}()

// Key returns the end, the kind and the issuer of the key that begins at i; tok is
// the token there. end is 0 if there is none.
func Key(t string, i int, tok string) (end int, kind schemas.RedactionKind, issuer string) {
	for _, p := range prefixesBy[tok[0]] {
		if len(tok) < len(p.prefix)+p.least || !HasPrefixFold(tok, p.prefix) {
			continue
		}
		rest := tok[len(p.prefix):]
		if p.least == 0 { // a dot must follow the prefix
			if rest == "" && i+len(tok)+1 < len(t) && t[i+len(tok)] == '.' {
				if end := dotted(t, i+len(tok)); end-i-len(tok) >= 20 {
					return end, p.kind, p.issuer
				}
			}
			continue
		}
		if p.rest != 0 {
			n := 0
			for n < len(rest) && chars.Classes[rest[n]]&p.rest != 0 {
				n++
			}
			if n < p.least || n < len(rest) && chars.Classes[rest[n]]&chars.Alnum != 0 {
				continue
			}
			return i + len(p.prefix) + n, p.kind, p.issuer
		}
		if !Drawn(rest) {
			continue
		}
		issuer = p.issuer
		if p.issuer == "sk" && strings.Contains(rest, "T3BlbkFJ") {
			issuer = "openai"
		}
		end = i + len(tok)
		if p.issuer == "bedrock" {
			for end < len(t) && chars.Classes[t[end]]&chars.Base64 != 0 {
				end++
			}
			if p.prefix == "ABSK" && end-i < 64 {
				continue
			}
		}
		return dotted(t, end), p.kind, issuer
	}
	if len(tok) >= 7 && len(tok) < 20 && chars.EqualFold(tok[:3], "sk-") {
		digits := 0
		for k := range len(tok) {
			if chars.Classes[tok[k]]&chars.Digit != 0 {
				digits++
			}
		}
		if digits >= 3 { // "sk-1234", the master key of LiteLLM's guides
			return i + len(tok), apiKey, "sk"
		}
	}
	return 0, 0, ""
}

// Issuer returns the issuer of a credential by its prefix, "jwt", or
// "" if it is unknown.
func Issuer(t string) string {
	n := chars.TokenLength(t)
	if n == 0 {
		return ""
	}
	if JWTEnd(t, 0, t[:n]) > 0 {
		return "jwt"
	}
	end, _, issuer := Key(t, 0, t[:n])
	if end == 0 {
		return ""
	}
	return issuer
}

// JWTEnd returns the end of the JSON Web Token, or of another base64 text of a
// JSON object, that begins at i; 0 if there is none. ZXlK is base64 of "eyJ".
func JWTEnd(t string, i int, tok string) int {
	if len(tok) < 14 || tok[:3] != "eyJ" && tok[:4] != "ZXlK" {
		return 0
	}
	end := i + len(tok)
	for end < len(t) && (chars.Classes[t[end]]&chars.Base64 != 0 || t[end] == '.') {
		end++
	}
	return end
}

// dotted extends a token over ".token" parts and '=' at its end.
func dotted(t string, end int) int {
	for end < len(t) && t[end] == '=' { // a line broken by quoted-printable
		n := end + 1
		if n < len(t) && t[n] == '\r' {
			n++
		}
		if n+1 >= len(t) || t[n] != '\n' || chars.Classes[t[n+1]]&chars.Word == 0 {
			break
		}
		end = n + 1 + chars.TokenLength(t[n+1:])
	}
	for end+1 < len(t) && t[end] == '.' && chars.Classes[t[end+1]]&chars.Word != 0 {
		n := chars.TokenLength(t[end+1:])
		if n < 8 {
			// A part of two characters between others: ".01." of GitLab.
			if next := end + 1 + n; n != 2 || next+8 >= len(t) || t[next] != '.' || chars.TokenLength(t[next+1:next+9]) < 8 {
				break
			}
		}
		end += 1 + n
	}
	for k := 0; k < 2 && end < len(t) && t[end] == '='; k++ {
		end++
	}
	return end
}

// HasPrefixFold is HasPrefix; the case of letters counts only for prefixes
// without '-' and '_', which are short words otherwise.
func HasPrefixFold(tok, prefix string) bool {
	if strings.HasPrefix(tok, prefix) {
		return true
	}
	return len(tok) >= len(prefix) && strings.ContainsAny(prefix, "-_") && strings.EqualFold(tok[:len(prefix)], prefix)
}
