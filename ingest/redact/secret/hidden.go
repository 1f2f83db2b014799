package secret

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/redact/chars"
)

// maxHidden bounds how much of an encoded token is decoded, in bytes.
const maxHidden = 192

// glued are prefixes that are looked for within a token too, with how many
// letters, digits, '-' and '_' follow: enough that no word holds them.
var glued = []struct {
	prefix, issuer string
	least          int
	rest           uint16
}{
	{"sk-ant-", "anthropic", 20, chars.Word}, {"sk-proj-", "openai", 20, chars.Word}, {"sk-svcacct-", "openai", 20, chars.Word},
	{"sk-admin-", "openai", 20, chars.Word}, {"sk-or-v1-", "openrouter", 32, chars.Word}, {"AIza", "google", 35, chars.Word},
	{"AKIA", "aws", 16, chars.Upper | chars.Digit}, {"ASIA", "aws", 16, chars.Upper | chars.Digit},
	{"ghp_", "github", 36, chars.Alnum}, {"gho_", "github", 36, chars.Alnum}, {"ghu_", "github", 36, chars.Alnum}, {"ghs_", "github", 36, chars.Alnum},
	{"ghr_", "github", 36, chars.Alnum}, {"github_pat_", "github", 40, chars.Word}, {"glpat-", "gitlab", 20, chars.Word},
	{"gsk_", "groq", 52, chars.Alnum}, {"hf_", "huggingface", 34, chars.Upper | chars.Lower}, {"nvapi-", "nvidia", 60, chars.Word},
	{"pplx-", "perplexity", 48, chars.Alnum}, {"xai-", "xai", 70, chars.Word}, {"xapp-", "slack", 24, chars.Word}, {"api_org_", "huggingface", 34, chars.Upper | chars.Lower}, {"xoxb-", "slack", 24, chars.Word}, {"xoxp-", "slack", 24, chars.Word},
}

// gluedBy has them by their first letter.
var gluedBy = func() (t [256][]int) {
	for i, g := range glued {
		t[g.prefix[0]] = append(t[g.prefix[0]], i)
	}
	return t
}()

// Glued returns where a key begins within the token, behind letters that belong
// to something else, and its issuer. The key reaches to the end of the token. at
// is 0 if there is none.
func Glued(tok string) (at int, issuer string) {
	for k := 1; k+19 < len(tok); k++ {
		for _, i := range gluedBy[tok[k]] {
			g := &glued[i]
			rest := tok[k:]
			if !strings.HasPrefix(rest, g.prefix) || len(rest) < len(g.prefix)+g.least {
				continue
			}
			if rest = rest[len(g.prefix):][:g.least]; chars.Only(rest, g.rest) && (g.rest != chars.Word || chars.Has(rest, chars.Digit) || chars.Has(rest, chars.Upper)) {
				return k, g.issuer
			}
		}
	}
	return 0, ""
}

// base64Starts are the first four base64 digits of the prefixes of keys.
var base64Starts = func() map[string]bool {
	m := map[string]bool{}
	for _, p := range keyPrefixes {
		if len(p.prefix) >= 3 {
			m[base64.StdEncoding.EncodeToString([]byte(p.prefix[:3]))] = true
		}
	}
	return m
}()

// base64First has the first of those digits.
var base64First = func() (t [256]bool) {
	for start := range base64Starts {
		t[start[0]] = true
	}
	return t
}()

// Hidden returns the issuer of the key that the token is the hexadecimal or
// base64 text of; "" if it is none. hexOnly tells that all characters of the
// token are hexadecimal digits.
func Hidden(tok string, hexOnly bool) string {
	var buf [maxHidden]byte
	n := 0
	switch {
	case hexOnly && len(tok) >= 40:
		first, ok := hexByte(tok)
		if !ok || prefixesBy[first] == nil {
			return ""
		}
		n, _ = hex.Decode(buf[:], []byte(tok[:min(len(tok), 2*maxHidden)&^1]))
	case !hexOnly && len(tok) >= 24 && base64First[tok[0]] && base64Starts[tok[:4]]:
		src := tok[:min(len(tok), maxHidden)&^3]
		n, _ = base64.StdEncoding.Decode(buf[:], []byte(src))
	}
	if n < 12 {
		return ""
	}
	text := unsafe.String(&buf[0], n)
	length := chars.TokenLength(text)
	if length < 12 {
		return ""
	}
	_, _, issuer := Key(text, 0, text[:length])
	return issuer
}

// hexByte returns the byte that t begins with in hexadecimal digits.
func hexByte(t string) (byte, bool) {
	var b [1]byte
	_, err := hex.Decode(b[:], []byte(t[:2]))
	return b[0], err == nil
}

// bareKeys are the words that name whose bare keys have no prefix, with the
// issuer and the lengths that those have.
var bareKeys = []struct {
	word, issuer string
	lengths      [3]int
}{
	{"cohere", "cohere", [3]int{40}}, {"mistral", "mistral", [3]int{32}}, {"azure", "azure_openai", [3]int{32, 84}},
	{"deepgram", "deepgram", [3]int{40}}, {"together", "together", [3]int{64}}, {"perplexity", "perplexity", [3]int{48}},
}

// Bare returns the issuer of a key without a prefix, by the words in before,
// which are in lower case: the issuer's name and one for keys. It is "" if the
// token is none.
func Bare(tok, before string) string {
	if !chars.Only(tok, chars.Alnum) || !chars.Has(tok, chars.Digit) || !strings.Contains(before, "key") && !strings.Contains(before, "token") && !strings.Contains(before, "secret") {
		return ""
	}
	for _, b := range bareKeys {
		for _, n := range b.lengths {
			if n == len(tok) && strings.Contains(before, b.word) {
				return b.issuer
			}
		}
	}
	return ""
}
