package nginx

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// clfTime is the length of 25/Oct/2016:14:49:34 +0200.
const clfTime = 26

// decodeText reads a line of the combined format or one of its relatives:
//
//	[vhost ]addr - user [time] "request" status bytes[ "referer" "agent"[ more]]
//
// nginx and Apache escape quotes in what clients send, but not brackets or
// spaces, and a user name may have both: so the end of the time, which a quote
// follows, is what the line is taken apart at.
func decodeText(line string, buf *field.Buffer, r *decode.Record) bool {
	from := 0
	if _, rest, ok := quoted(line); ok { // a list that clients write, which may have brackets
		from = len(line) - len(rest)
	}
	quote := strings.Index(line[from:], `] "`) + from
	start := quote - clfTime
	if start < from+1 || line[start-1] != '[' {
		return false
	}
	t, ok := field.Time(line[start:quote])
	if !ok || !readClient(line[:start-1], buf, r) {
		return false
	}
	r.Time = t
	request, rest, ok := quoted(line[quote+2:])
	if !ok {
		return false
	}
	r.SetRequestLine(unescape(request, buf))
	status, rest := word(rest)
	bytes, rest := word(rest)
	r.SetStatus(status)
	r.Count(schemas.HasResponseBytes, &r.ResponseBytes, bytes)
	if r.Known&schemas.HasStatus == 0 && !isNoStatus(status) {
		return false
	}
	if _, rest, ok = quoted(rest); !ok { // the referer
		return true
	}
	agent, rest, ok := quoted(rest)
	if !ok {
		return true
	}
	r.UserAgent = unescape(agent, buf)
	readMore(rest, buf, r)
	return true
}

// isNoStatus reports whether a status is one that nginx writes if there is none:
// 000, and 009 for HTTP/0.9.
func isNoStatus(s string) bool { return s == "000" || s == "009" }

// readClient reads what stands before the time.
func readClient(s string, buf *field.Buffer, r *decode.Record) bool {
	list, after := 0, s
	if _, rest, ok := quoted(s); ok { // in which the client may write anything
		list, after = len(s)-len(rest), rest
	}
	client, user, found := strings.Cut(after, " - ")
	if !found { // Apache, with an ident and a user
		list += len(after) - len(strings.TrimLeft(after, " "))
		if client, user, found = strings.Cut(s[list:], " "); !found {
			return false
		}
		_, user = word(user)
	}
	client = s[:list+len(client)]
	if !readAddresses(client, r) {
		return false
	}
	// ingress-nginx until 0.22: "addr - [real addr] - user".
	if real, rest, found := strings.Cut(user, "] - "); found && user[0] == '[' {
		if user = rest; isAddresses(real[1:]) && real[1:] != r.Peer {
			r.Forwarded = real[1:]
		}
	}
	if user = strings.TrimSpace(user); user != "" && user != "-" {
		r.Principal = unescape(user, buf)
		r.Presented = decode.PresentedSome
	}
	return true
}

// readAddresses reads the client in one of the forms
//
//	[vhost ]addr          addr[ ident]          [vhost ]addr, addr, …
//	"addr, addr, …" addr
//
// of which the lists are X-Forwarded-For, in front of or in place of the peer.
func readAddresses(s string, r *decode.Record) bool {
	if list, rest, ok := quoted(s); ok {
		if isAddresses(list) && list != "-" {
			r.Forwarded = list
		}
		if s = strings.TrimSpace(rest); s == "" {
			s, r.Forwarded = r.Forwarded, ""
		}
	}
	if left, right, found := strings.Cut(s, " "); found && !strings.HasSuffix(left, ",") {
		if s = left; right == "unix:" || isAddresses(right) {
			r.Host, s = left, right
		} else if at := strings.LastIndexByte(right, ' '); at >= 0 && isAddresses(right[at+1:]) {
			s = right[at+1:] // after a syslog's header
			r.Gateway = syslogHost(right[:at])
		} // else right is Apache's ident
	}
	if s == "" {
		return false
	}
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		r.Forwarded = s
		s = strings.TrimSpace(s[i+1:])
	}
	if s != "unix:" && s != "-" { // a socket of the file system has no address
		r.Peer = s
	}
	return true
}

// syslogHost returns the host of a header that ends with "host tag:", else "".
func syslogHost(header string) string {
	if !strings.HasSuffix(header, ":") {
		return ""
	}
	header = header[:max(strings.LastIndexByte(header, ' '), 0)]
	return header[strings.LastIndexByte(header, ' ')+1:]
}

// isAddresses reports whether s has only what lists of addresses have, and dots
// or colons, which request ids do not have.
func isAddresses(s string) bool {
	if !strings.ContainsAny(s, ".:") {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'f') && !strings.ContainsRune(".:, []%", rune(s[i])) {
			return false
		}
	}
	return true
}

// quoted returns the text in the quotes that s starts with, after spaces, and
// what follows them. A quote after a backslash is in the text.
func quoted(s string) (text, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	for i := 1; i < len(s); {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			break
		}
		i += n
		back := i
		for back > 1 && s[back-1] == '\\' {
			back--
		}
		if (i-back)%2 == 0 {
			return s[1:i], s[i+1:], true
		}
		i++
	}
	return "", s, false
}

// word returns the text up to the next space, and what follows.
func word(s string) (text, rest string) {
	s = strings.TrimLeft(s, " ")
	text, rest, _ = strings.Cut(s, " ")
	return text, rest
}

// unescape undoes nginx's \xNN and Apache's \n; "-" is nothing.
func unescape(s string, buf *field.Buffer) string {
	if s == "-" {
		return ""
	}
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return buf.UnescapeString(s)
}
