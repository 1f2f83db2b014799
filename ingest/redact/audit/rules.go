package audit

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/gatehound/gatehound/schemas"
)

// rule finds one kind of thing.
type rule struct {
	kind schemas.RedactionKind
	// needs are literals, in lower case, one of which the text holds if the rule
	// can match at all. None means any text.
	needs []string
	// digits is how many digits the text has at least.
	digits int
	// re matches; its group, if it has one, is what is found.
	re *regexp.Regexp
	// valid returns how many bytes of the match are what was looked for; 0 if it
	// is something else. Without it all are.
	valid func(match) int
}

// match is a part of a text.
type match struct {
	text       []byte
	start, end int
}

func (m match) bytes() []byte { return m.text[m.start:m.end] }

// before returns up to n bytes before the match.
func (m match) before(n int) []byte { return m.text[max(0, m.start-n):m.start] }

// next returns the byte behind the match; 0 at the end of the text.
func (m match) next() byte {
	if m.end == len(m.text) {
		return 0
	}
	return m.text[m.end]
}

// prior returns the byte before the match; 0 at the beginning of the text.
func (m match) prior() byte {
	if m.start == 0 {
		return 0
	}
	return m.text[m.start-1]
}

// when makes a validator that takes all of a match or nothing.
func when(ok func(match) bool) func(match) int {
	return func(m match) int {
		if !ok(m) {
			return 0
		}
		return m.end - m.start
	}
}

func (r *rule) may(lower []byte) bool {
	if len(r.needs) == 0 {
		return true
	}
	for _, literal := range r.needs {
		if bytes.Contains(lower, []byte(literal)) {
			return true
		}
	}
	return false
}

// compiled returns the rules in the order in which they run.
var compiled = sync.OnceValue(func() []rule {
	var all []rule
	add := func(kind schemas.RedactionKind, digits int, valid func(match) int, pattern string, needs ...string) {
		all = append(all, rule{kind, needs, digits, regexp.MustCompile(pattern), valid})
	}
	secretRules(add)
	userRules(add)
	personRules(add)
	valueRules(add)
	return all
})

// adder adds a rule.
type adder func(kind schemas.RedactionKind, digits int, valid func(match) int, pattern string, needs ...string)

// secretRules are those of keys with a form: private keys, web tokens, and the
// keys of issuers as their documentation and gitleaks v8.30.1 (MIT) describe
// them. Lengths are lower bounds.
func secretRules(add adder) {
	const api, cloud = schemas.RedactedAPIKey, schemas.RedactedCloudKey
	add(schemas.RedactedPrivateKey, 0, nil, `-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----(?:[^-]*-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----)?`, "private key")
	add(schemas.RedactedJWT, 0, when(object), `(?:eyJ|ZXlK)[A-Za-z0-9+/_-]{11,}(?:\.[A-Za-z0-9+/_=-]*)*`, "eyj", "zxlk")

	add(api, 0, nil, `(?i)sk-ant-[a-z0-9_-]{12,}`, "sk-ant-")
	add(api, 0, nil, `(?i)sk-(?:proj|svcacct|admin|none)-[A-Za-z0-9_-]{12,}`, "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-none-")
	add(api, 0, nil, `(?i)sk-(?:or-|lf-)[a-z0-9-]{12,}`, "sk-or-", "sk-lf-")
	add(api, 0, when(drawn), `\b(?i:sk-)[A-Za-z0-9_-]{16,}`, "sk-")
	add(api, 3, when(master), `\b(?i:sk-)[A-Za-z0-9_-]{4,15}`, "sk-")
	add(api, 0, when(drawn), `AIza[A-Za-z0-9_-]{30,}`, "aiza")
	add(api, 0, when(drawn), `(?i)\b(?:gsk_|xai-|r8_|nvapi-|pplx-|csk-|tgp_v1_|fw_|jina_|tvly-|lsv2_)[A-Za-z0-9_-]{16,}`,
		"gsk_", "xai-", "r8_", "nvapi-", "pplx-", "csk-", "tgp_v1_", "fw_", "jina_", "tvly-", "lsv2_")
	add(api, 0, when(drawn), `(?:hf_|api_org_)[A-Za-z0-9]{30,}`, "hf_", "api_org_")
	add(api, 0, nil, `ABSK[A-Za-z0-9+/]{60,}={0,2}`, "absk")
	add(api, 0, nil, `bedrock-api-key-[A-Za-z0-9+/=_-]{16,}`, "bedrock-api-key-")

	add(cloud, 0, nil, `(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}`, "a3t", "akia", "asia", "abia", "acca")
	add(cloud, 0, nil, `(?i)(?:gh[pousr]_[a-z0-9]{30,}|github_pat_[a-z0-9_]{30,})`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_")
	add(cloud, 0, nil, `(?i)\bgl(?:pat|dt|rt|cbt|ptt|soat)-[a-z0-9_.-]{16,}`, "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-")
	add(cloud, 0, nil, `(?i)\bxox[a-z]-[a-z0-9-]{12,}|\bxapp-[a-z0-9-]{12,}`, "xox", "xapp-")
	add(cloud, 0, nil, `(?i)hooks\.slack\.com/(?:services|workflows|triggers)/([a-z0-9/_-]{12,})`, "hooks.slack.com")
	add(cloud, 0, nil, `(?i)\b[sr]k_(?:live|test|prod)_[a-z0-9]{10,}|\bwhsec_[a-z0-9+/]{16,}`, "k_live_", "k_test_", "k_prod_", "whsec_")
	add(cloud, 0, nil, `\bdapi[a-f0-9]{32}`, "dapi")
	add(cloud, 1, nil, `[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{28,}`, "q~")
	add(cloud, 0, nil, `\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{16,}|\bhvs\.[A-Za-z0-9_-]{20,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`, "ya29.", "gocspx-", "hvs.", "sg.")
	add(cloud, 0, when(drawn), `(?i)\b(?:npm_|pypi-|dckr_pat_|shp(?:at|ss|ca)_|do[op]_v1_|gls?[ac]_|nrak-|pmak-|lin_api_|sntrys_|rubygems_|xkeysib-|atatt3|age-secret-key-1)[A-Za-z0-9_-]{20,}`,
		"npm_", "pypi-", "dckr_pat_", "shpat_", "shpss_", "shpca_", "dop_v1_", "doo_v1_", "glsa_", "glc_", "nrak-", "pmak-", "lin_api_", "sntrys_", "rubygems_", "xkeysib-", "atatt3", "age-secret-key-1")
}

// userRules are those of users and passwords in addresses of servers, which look
// like addresses of people.
func userRules(add adder) {
	const what = schemas.RedactedParameter
	add(what, 0, nil, `://([^\s/?#"'<>@\x1a]*:[^\s"'<>@\x1a;]+)@[A-Za-z0-9\[]`, "://")
	add(what, 0, nil, `://([A-Za-z0-9_.~-]{8,})@[A-Za-z0-9\[]`, "://")
	add(what, 0, nil, `(?i)jdbc:oracle:[a-z]{2,8}:[^/\s\x1a]+/([^@\s\x1a]+)@`, "jdbc:oracle")
	add(what, 0, nil, `([^\s"'@/\x1a]+:[^\s"'@\x1a]+)@(?:tcp|unix)\(`, "@tcp(", "@unix(")
}

// valueRules are those that go by what stands before a value, and by how random
// it is.
func valueRules(add adder) {
	const names = `(?:pass(?:word|wd|phrase|code|wort)|pwd|secret(?:[_-]?(?:access)?[_-]?key)?|api[_-]?key|access[_-]?key(?:[_-]?id)?|` +
		`account[_-]?key|private[_-]?key|subscription[_-]?key|signing[_-]?key|shared[_-]?(?:access)?[_-]?key|goog[_-]?api[_-]?key|` +
		`(?:access|refresh|id|auth|session|security|bearer|csrf|xsrf|api|user|bot|client)[_-]?token|(?:x-)?auth-key|credentials?|signature|sess(?:ion)?[_-]?id|jwt|(?:vault|x-auth)-token)`
	const what = schemas.RedactedParameter
	add(schemas.RedactedBearer, 0, when(stated), `(?i)(?:proxy-)?authorization\\*["']?\s{0,2}(?:=>|[:=,])\s{0,2}(?:\\*["'])?((?:[A-Za-z0-9-]{2,24} )?[^\s"'\\,;&\x1a]{3,})`, "authorization")
	add(schemas.RedactedBearer, 0, when(presented), `(?i)\b(?:bearer|basic|token|apikey)\s{1,3}([A-Za-z0-9._~+/=-]{6,})`, "bearer", "basic", "token", "apikey")
	add(what, 0, when(stated), `(?i)(?:set-)?cookie\\*["']?\s{0,2}[:=]\s{0,2}(?:\\*["'])?([A-Za-z0-9_.-]+=[^\s"';\x1a]+)`, "cookie")
	needs := []string{"pass", "pwd", "secret", "credential", "signature", "sess", "jwt", "auth-key", "key_id", "keyid", "key-id"}
	for _, name := range [...]string{"key", "token"} { // but not tokens
		for _, end := range [...]string{`"`, "'", "=", ":", " ", "\\", "[", ">", "]"} {
			needs = append(needs, name+end)
		}
	}
	for _, quote := range [...]string{`\\*"([^"\\\x1a]+)`, `\\*'([^'\\\x1a]+)`, `([^\s"'\\&,;<>\x1a{}\[\]]+)`} {
		add(what, 0, when(stated), `(?i)(?:^|[^a-z0-9]|[a-z0-9_-])`+names+`(?:\[[0-9a-z]{0,8}\])*(?:\\*["'])?\]?\s{0,2}(?:=>|[:=])\s{0,2}`+quote, needs...)
	}
	add(what, 0, when(stated), `(?i)(?:^|[?&;\s])(?:key|code|session|sig|sid|pin|otp|pw|token|hmac)=([^\s"'&#\x1a]+)`, "key=", "code=", "session=", "sig=", "sid=", "pin=", "otp=", "pw=", "token=", "hmac=")
	add(what, 0, when(stated), `(?i)\s--(?:`+names+`|token)[ =]([^\s"'\x1a-][^\s"'\x1a]{2,})`, "--")
	add(what, 0, nil, `(?i)\bcurl\b[^|\x1a]*\s(?:-u|--user|-U|--proxy-user)[ =]?["']?([^\s:"'\x1a]+:[^\s"'\x1a]+)`, "curl")
	add(what, 0, nil, `(?i)\b(?:sshpass|docker login\b[^\n\x1a]*|redis-cli\b[^\n\x1a]*) -[pa] ?'?([^\s'\x1a-][^\s'\x1a]+)`, "sshpass", "docker login", "redis-cli")
	add(what, 0, nil, `(?i)\b(?:mysql|mysqldump|mariadb)\b[^\n\x1a]* -p([^\s'\x1a]{2,})`, "mysql", "mariadb")
	add(what, 0, nil, `(?i)name=\\*"`+names+`\\*"(?:\s|\\[rn]){2,8}([^\s"\x1a\\-][^\s"\x1a\\]*)`, "form-data")
	add(what, 0, nil, `(?i)<(?:[a-z0-9]+:)?`+names+`>([^<\x1a]+)`, "<")
	add(what, 0, nil, `(?i)["'](?:x-)?`+names+`\\*["'], ?\(?b?\\*["']([^"'\\\x1a]+)`, needs...)
	add(what, 0, nil, `(?i)["'](?:name|key)\\*["'] ?: ?\\*["'](?:x-)?`+names+`\\*["'], ?\\*["']value\\*["'] ?: ?\\*["']([^"\\\x1a]+)`, `value`)
	add(schemas.RedactedAPIKey, 2, nil, `(?i)(?:cohere|mistral|azure)[^\n\x1a]{0,24}(?:key|token|secret)[^A-Za-z0-9\x1a]{1,4}([A-Za-z0-9]{40}|[A-Za-z0-9]{32})\b`, "cohere", "mistral", "azure")
	add(schemas.RedactedHighEntropy, 0, when(random), `[A-Za-z0-9_-]{20,}`)
	add(schemas.RedactedHighEntropy, 0, when(random64), `[A-Za-z0-9+/]{40}={0,2}`, "/", "+")
}
