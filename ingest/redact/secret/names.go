package secret

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
)

// Telling says how much the name of a value tells about it.
type Telling uint8

const (
	TellsNothing Telling = iota
	TellsPrompt          // a prompt or an answer
	TellsAround          // what surrounds a prompt or an answer: one only if it is text
	TellsMaybe           // a secret if it is a parameter or looks like one
	TellsSecret          // a secret whatever it is
	TellsScheme          // Authorization: a scheme and what it presents
	TellsLine            // Cookie: secrets up to the end of the line
)

// MaxName bounds the names that are looked at, in bytes.
const MaxName = 64

// secretEnds are the ends of names, in lower case and without '-' and '_', whose
// values are secret.
var secretEnds = [...]string{"token", "apikey", "secret", "password", "passwd", "passphrase", "passwort", "pwd",
	"secretkey", "privatekey", "accesskey", "accesskeyid", "accountkey", "signingkey", "masterkey", "sharedkey",
	"subscriptionkey", "encryptionkey", "authkey", "googkey", "licensekey", "signature", "credential",
	"credentials", "sessionid", "sessid", "connectionstring", "csrf", "xsrf", "jwt", "assertion", "cvv", "cvc",
	"contrasena", "motdepasse", "passwordhash", "passwdhash", "passcode", "apikeyvalue", "signature256", "cardnumber", "creditcard"}

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
	"eos", "bos", "pad", "stop", "cost", "logprob", "usage", "cached", "reasoning", "next", "page", "first", "last"}

// Tells returns what a name, as written, tells.
func Tells(name string) Telling {
	var buf [MaxName]byte
	b := buf[:0]
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b = append(b, c|0x20)
		case chars.Classes[c]&chars.Alnum != 0:
			b = append(b, c)
		}
	}
	if len(b) < 2 {
		return TellsNothing
	}
	n := string(b)
	switch n {
	case "authorization", "proxyauthorization", "xauthorization", "xforwardedauthorization":
		return TellsScheme
	case "cookie", "setcookie":
		return TellsLine
	case "key", "code", "auth", "session", "state", "nonce", "ticket", "hash", "samlresponse", "samlrequest", "samlart":
		return TellsMaybe
	case "sig", "pass", "passe", "pw", "sid", "hmac", "pin", "otp", "pan", "cardno", "ccnumber", "xauth", "mfa", "totp", "bearer", "phpsessid", "sas":
		return TellsSecret
	case "prompt", "content", "text", "messages", "completion", "answer", "question", "instructions", "systemprompt",
		"body", "requestbody", "responsebody", "backendrequestbody", "backendresponsebody", "reasoningcontent",
		"arguments", "original", "faultyprompt", "faultyresponse", "inputfaultyprompt", "outputfaultyresponse",
		"parts", "contents", "inputtext", "outputtext", "generation", "stringvalue",
		"inputs", "documents", "usermessage", "transcript", "originaltext":
		return TellsPrompt
	case "input", "output", "response", "system", "choices", "inputbodyjson", "outputbodyjson":
		return TellsAround
	}
	if strings.HasPrefix(n, "accesscontrol") {
		return TellsNothing
	}
	for _, end := range secretEndsBy[b[len(b)-1]] {
		if !strings.HasSuffix(n, end) {
			continue
		}
		if end == "token" {
			for _, start := range notSecret {
				if strings.HasPrefix(n, start) {
					return TellsNothing
				}
			}
		}
		return TellsSecret
	}
	if k := strings.LastIndexAny(name, "-_"); k > 0 && (n[len(n)-2:] == "pw" && k == len(name)-3 || strings.HasSuffix(n, "pass") && k == len(name)-5 && !numbered(n[:len(n)-4])) {
		return TellsSecret // "smtp_pass", "ldap_bind_pw"
	}
	// "my_key", "my-key", "myKey", but not "monkey".
	if k := len(name) - 3; k > 0 && strings.HasSuffix(n, "key") && (chars.Classes[name[k-1]]&chars.Alnum == 0 || name[k] == 'K' && name[k-1] != 'N') {
		return TellsMaybe
	}
	return TellsNothing
}

// numbered reports whether a word before "pass" counts passes or says of what
// kind one is.
func numbered(word string) bool {
	switch word {
	case "first", "second", "third", "one", "two", "single", "multi", "forward", "backward", "render", "test", "tests", "all", "no", "low", "high", "by":
		return true
	}
	return false
}
