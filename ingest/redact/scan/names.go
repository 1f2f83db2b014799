package scan

import (
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// telling says how much the name of a value tells about it.
type telling uint8

const (
	tellsNothing telling = iota
	tellsPrompt          // a prompt or an answer
	tellsAround          // what surrounds a prompt or an answer: one only if it is text
	tellsMaybe           // a secret if it is a parameter or looks like one
	tellsSecret          // a secret whatever it is
	tellsScheme          // Authorization: a scheme and what it presents
	tellsLine            // Cookie: secrets up to the end of the line
)

// maxMaybe bounds the values that are looked at to tell what they are, in bytes.
const maxMaybe = 256

// maxName bounds the names that are looked at, in bytes.
const maxName = 64

// secretEnds are the ends of names, in lower case and without '-' and '_', whose
// values are secret.
var secretEnds = [...]string{"token", "apikey", "secret", "password", "passwd", "passphrase", "passwort", "pwd",
	"secretkey", "privatekey", "accesskey", "accesskeyid", "accountkey", "signingkey", "masterkey", "sharedkey",
	"subscriptionkey", "encryptionkey", "authkey", "googkey", "licensekey", "signature", "credential",
	"credentials", "sessionid", "sessid", "connectionstring", "csrf", "xsrf", "jwt", "assertion", "cvv", "cvc",
	"contrasena", "motdepasse"}

// secretEndsBy has the ends by their last letter.
var secretEndsBy = func() (t [256][]string) {
	for _, end := range secretEnds {
		last := end[len(end)-1]
		t[last] = append(t[last], end)
	}
	return t
}()

// notSecret are beginnings of names that end in "token" and count or mark
// tokens.
var notSecret = [...]string{"prompt", "completion", "total", "max", "min", "time", "input", "output", "num", "per",
	"eos", "bos", "pad", "stop", "cost", "logprob", "usage", "cached", "reasoning", "next", "first", "last"}

// tells returns what a name, as written, tells.
func tells(name string) telling {
	var buf [maxName]byte
	b := buf[:0]
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b = append(b, c|0x20)
		case classes[c]&cAlnum != 0:
			b = append(b, c)
		}
	}
	if len(b) < 3 {
		return tellsNothing
	}
	n := string(b)
	switch n {
	case "authorization", "proxyauthorization", "xauthorization", "xforwardedauthorization":
		return tellsScheme
	case "cookie", "setcookie":
		return tellsLine
	case "key", "code", "auth", "session", "state", "nonce", "ticket", "hash":
		return tellsMaybe
	case "sig", "pass", "sid", "pin", "otp", "pan", "cardnumber", "mfa", "totp", "bearer", "phpsessid", "sas":
		return tellsSecret
	case "prompt", "content", "text", "messages", "completion", "answer", "question", "instructions", "systemprompt",
		"body", "requestbody", "responsebody", "backendrequestbody", "backendresponsebody", "reasoningcontent",
		"arguments", "original", "faultyprompt", "faultyresponse", "inputfaultyprompt", "outputfaultyresponse",
		"parts", "contents", "inputtext", "outputtext", "generation", "stringvalue":
		return tellsPrompt
	case "input", "output", "response", "system", "choices", "inputbodyjson", "outputbodyjson":
		return tellsAround
	}
	if strings.HasPrefix(n, "accesscontrol") {
		return tellsNothing
	}
	for _, end := range secretEndsBy[b[len(b)-1]] {
		if !strings.HasSuffix(n, end) {
			continue
		}
		if end == "token" {
			for _, start := range notSecret {
				if strings.HasPrefix(n, start) {
					return tellsNothing
				}
			}
		}
		return tellsSecret
	}
	// "my_key", "my-key", "myKey", but not "monkey".
	if k := len(name) - 3; strings.HasSuffix(n, "key") && (classes[name[k-1]]&cAlnum == 0 || name[k] == 'K' && name[k-1] != 'N') {
		return tellsMaybe
	}
	return tellsNothing
}

// named looks for a telling name before the '=' or ':' at i, and takes out the
// value behind it.
func (s *Scanner) named(i int) int {
	t := s.t
	end := i
	for k := 0; end > s.last && k < 4 && strings.IndexByte(" \"'\\]", t[end-1]) >= 0; k++ {
		end--
	}
	start := end
	for start > s.last && end-start <= maxName && classes[t[start-1]]&cWord != 0 {
		start--
	}
	if end-start < 3 || end-start > maxName {
		return i + 1
	}
	what := tells(t[start:end])
	switch {
	case what == tellsNothing, (what == tellsPrompt || what == tellsAround) && s.mode&Prompts == 0:
		return i + 1
	case what == tellsAround:
		next := i + 1
		for s.at(next) == ' ' {
			next++
		}
		if s.at(next) == '{' {
			return i + 1 // the texts within have names of their own
		}
		what = tellsPrompt
	}
	param := s.parameter(start, i)
	s.limit = len(t)
	if what == tellsMaybe && !param || what == tellsPrompt {
		// What may be left alone is read again by the next name.
		s.limit = min(len(t), i+maxMaybe)
	}
	v := s.value(i, what, param)
	if what == tellsPrompt && (!v.bare || param) && v.end == s.limit {
		s.limit = len(t)
		v = s.value(i, what, param)
	}
	if v.end <= v.start || markerLen(t[v.start:v.end]) == v.end-v.start || v.bare && nothing(t[v.start:v.end]) {
		return max(i+1, v.start)
	}
	text := t[v.start:v.end]
	switch what {
	case tellsMaybe:
		if !param && (len(text) < 8 || !keyLike(text) || strings.IndexByte(text, ' ') >= 0 || isUUID(text)) {
			return i + 1
		}
	case tellsPrompt:
		if v.bare && !param {
			return i + 1 // prose: "input: …", "content=text/html"
		}
		return s.add(v.start, v.end, schemas.RedactedPrompt, markPrompt)
	case tellsScheme:
		return s.add(v.start, v.end, schemas.RedactedBearer, markAuth)
	}
	return s.add(v.start, v.end, schemas.RedactedParameter, markSecret)
}

// parameter reports whether the name at start, before the sign at i, is one of a
// query string.
func (s *Scanner) parameter(start, i int) bool {
	if s.t[i] != '=' {
		return false
	}
	switch s.before(start) {
	case '?', '&', ';':
		return true
	case 0:
		return s.mode&Parameters != 0
	}
	return false
}

// nothing reports whether a bare value says that there is none.
func nothing(v string) bool {
	switch v {
	case "null", "nil", "None", "none", "true", "false", "undefined", "-":
		return true
	}
	return false
}

// valueOf is where a value stands in t, without its quotes. A bare value has
// none.
type valueOf struct {
	start, end int
	bare       bool
}

// value finds the value behind the sign at i.
func (s *Scanner) value(i int, what telling, param bool) valueOf {
	t := s.t
	v := i + 1
	if s.at(v) == '>' { // =>
		v++
	}
	for k := 0; v < s.limit && k < 4 && (t[v] == ' ' || t[v] == '\n' || t[v] == '\t') && !param; k++ {
		v++
	}
	slashes := 0
	for !param && v+slashes < s.limit && t[v+slashes] == '\\' {
		slashes++
	}
	if c := s.at(v + slashes); !param && (c == '"' || c == '\'' || c == '`') {
		v += slashes + 1
		return valueOf{v, s.quoteEnd(v, c, slashes), false}
	}
	if c := s.at(v); !param && (c == '[' || c == '{') && markerLen(t[v:]) == 0 {
		return valueOf{v, s.bracketEnd(v), false}
	}
	end := v + markerLen(t[v:])
	for end < s.limit && !s.endsValue(end, param, what) {
		end++
	}
	if what == tellsScheme && !param {
		if word := t[v:end]; s.at(end) == ' ' && only(word, cAlnum|cJoin) && len(word) <= 20 {
			return valueOf{v, s.presented(end + 1), true}
		}
	}
	return valueOf{v, end, true}
}

// endsValue reports whether a value without quotes ends before i.
func (s *Scanner) endsValue(i int, param bool, what telling) bool {
	c := s.t[i]
	if param { // only what separates parameters as it was written
		return (c == '&' || c == ' ' || c == '"' || c == '#') && s.literal(i)
	}
	switch c {
	case '\n', '\r', '"', '`', '<', '>':
		return true
	case '\\':
		return s.at(i+1) == '"'
	case ' ', '\t', ',', ';', '&', '\'':
		return what != tellsLine
	case '}', ')', ']':
		next := s.at(i + 1)
		return what != tellsLine && (next == 0 || next <= ' ' || next == ',' || next == '}' || next == ')' || next == '.')
	}
	return false
}

// presented returns the end of what an authorization scheme presents at i: a
// token, or the parameters of Digest and its like to the end of the line.
func (s *Scanner) presented(i int) int {
	end := i
	for end < len(s.t) && classes[s.t[end]]&cValue != 0 {
		end++
	}
	if s.at(end) != '"' && s.at(end) != ',' || end == i || s.t[end-1] != '=' && s.at(end) == '"' {
		return end
	}
	for end < len(s.t) && s.t[end] != '\n' && s.t[end] != '\r' {
		end++
	}
	return end
}

// quoteEnd returns where a quoted value that begins at i ends. The quote that
// opened it stands behind so many backslashes; one behind more belongs to the
// value.
func (s *Scanner) quoteEnd(i int, quote byte, slashes int) int {
	run := 0
	for k := i; k < s.limit; k++ {
		switch c := s.t[k]; {
		case c == '\\':
			run++
			continue
		case c == quote && s.literal(k) && (run <= slashes || slashes == 0 && run%2 == 0):
			return k - min(run, slashes)
		}
		run = 0
	}
	return max(i, s.limit)
}

// bracketEnd returns the end of the JSON array or object at i, or the end of the
// text if it is not closed.
func (s *Scanner) bracketEnd(i int) int {
	depth, quoted := 0, false
	for k := i; k < s.limit; k++ {
		switch c := s.t[k]; {
		case c == '\\' && quoted:
			k++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return k + 1
			}
		}
	}
	return max(i, s.limit)
}
