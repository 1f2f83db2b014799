package scan

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/check"
	"github.com/gatehound/gatehound/ingest/redact/secret"
)

// The bounds of a number: groups of digits, and digits together.
const (
	maxGroups = 10
	maxDigits = 24
)

// cluster is a run of groups of digits with one separator between each.
type cluster struct {
	digits [maxDigits]byte
	// count has the digits up to the end of each group, end its position.
	count, end [maxGroups]int
	// sep is the separator before each group.
	sep    [maxGroups]byte
	groups int
}

// number looks for a number that names a person or an account at i, which is a
// digit, '+' or '('. It returns where to go on: behind the match, or behind the
// first group, so that a number after another one is found too.
func (s *Scanner) number(i int) int {
	t := s.t
	prev := s.before(i)
	plus, paren := t[i] == '+', t[i] == '('
	first := i
	for first < len(t) && first < i+3 && (t[first] == '+' || t[first] == '(' || t[first] == ' ') {
		first++
	}
	if (plus || paren) && (chars.Classes[prev]&chars.Alnum != 0 && !(s.mode&Parameters != 0 && paren) || chars.Classes[s.at(first)]&chars.Digit == 0) {
		return i + 1
	}
	if !plus && !paren {
		if end := s.ipv4(i); end > 0 {
			return end
		}
		if s.at(i+4) == ':' || s.at(i+3) == ':' || s.at(i+2) == ':' || s.at(i+1) == ':' {
			if end := s.ipv6(i); end > 0 {
				return end
			}
		}
		if end := s.date(i); end > 0 {
			return end
		}
		if n := chars.TokenLength(t[i:min(len(t), i+40)]); n >= 36 {
			if secret.IsUUID(t[i : i+n]) {
				return i + n
			}
		}
	}
	skip := s.gather(first)
	if plus || paren {
		skip = i + 1 // "(4111…)": what is within is looked at again by itself
	}
	if s.mode&(ID|SecretsOnly) != 0 || s.num.groups == 0 || s.num.count[s.num.groups-1] < chars.DigitsLen {
		return skip
	}
	number, named := s.jsonNumber(i)
	number = number && (s.num.groups == 1 || s.num.sep[1] == '.')
	if prev == '.' && i > 1 && chars.Classes[t[i-2]]&chars.Digit != 0 || number && !named {
		return skip // the fraction of a number, a number of a JSON text
	}
	if number {
		if d := s.num.digits[:s.num.count[0]]; check.Card(d) {
			return s.add(i, s.num.end[0], byCardMember)
		}
		return skip
	}
	if !plus && !paren {
		if end := s.writtenIP(i); end > 0 {
			return end
		}
	}
	ctx := s.context(i)
	timed := prev == ':' && i > 1 && chars.Classes[t[i-2]]&chars.Digit != 0 // 08:01 1234567
	for g := s.num.groups - 1; g >= 0; g-- {
		if s.num.count[g] < chars.DigitsLen {
			break
		}
		if end := s.num.end[g]; s.at(end) == '.' && chars.Classes[s.at(end+1)]&chars.Digit != 0 {
			continue // a number with a fraction, a longer run of groups
		}
		if by, ok := s.num.is(g, plus, paren, ctx); ok && !(g == 0 && !plus && ctx == "" && s.counting(i)) && !(timed && by == byPhoneGrouped) {
			return s.add(i, s.num.end[g], by)
		}
	}
	return skip
}

// glued looks for a number that a name is glued to, as in "card-4111…": only
// cards, and what the name says. It returns where to go on, end at least.
func (s *Scanner) glued(i, end int) int {
	if s.mode&(ID|SecretsOnly) != 0 {
		return end
	}
	s.gather(i)
	ctx := s.context(i)
	for g := s.num.groups - 1; g >= 0 && s.num.end[g] >= end && s.num.count[g] >= chars.DigitsLen; g-- {
		if by, ok := s.num.is(g, false, false, ctx); ok && (by == byCard || ctx != "") {
			return s.add(i, s.num.end[g], by)
		}
	}
	return end
}

// gather fills num with the groups from i on and returns the end of the first.
func (s *Scanner) gather(i int) (skip int) {
	t, n := s.t, &s.num
	n.groups = 0
	total := 0
	sep := byte(0)
	for {
		for i < len(t) && chars.Classes[t[i]]&chars.Digit != 0 {
			if total < maxDigits {
				n.digits[total] = t[i]
			}
			total++
			i++
		}
		if skip == 0 {
			skip = i
		}
		next := s.at(i)
		extension := next|0x20 == 'x' || next|0x20 == 'e' // 555-0100x12, 555-0100ext12
		if c := chars.Classes[next]; c&(chars.Upper|chars.Lower) != 0 && !(extension && n.groups > 0) || next == '_' || total > maxDigits {
			for i < len(t) && chars.Classes[t[i]]&chars.Digit != 0 {
				i++
			}
			if n.groups == 0 {
				return i
			}
			return skip // a group that goes on in letters is none
		}
		n.count[n.groups], n.end[n.groups], n.sep[n.groups] = total, i, sep
		n.groups++
		if n.groups == maxGroups {
			return skip
		}
		k := i
		sep = s.at(k)
		switch sep {
		case ' ', '-', '.', '/':
			k++
			if c := s.at(k); sep == ' ' {
				if c == '(' || c == ' ' {
					k++
				} else if (c == '/' || c == '-') && s.at(k+1) == ' ' { // 0151 / 123
					sep = c
					k += 2
				}
			}
		case '+': // a space of a query string
			sep = ' '
			k++
		case ')':
			if k++; s.at(k) == ' ' || s.at(k) == '-' || s.at(k) == '+' {
				k++
			}
		default:
			return skip
		}
		if chars.Classes[s.at(k)]&chars.Digit == 0 {
			return skip
		}
		i = k
	}
}

// is tells what the groups up to g are, and whether they are anything. ctx is
// the word before the number.
func (n *cluster) is(g int, plus, paren bool, ctx string) (by recogniser, ok bool) {
	d := n.digits[:n.count[g]]
	if !plus && !paren {
		if by, ok = n.national(g, d, ctx); ok {
			return by, true
		}
		if n.cardShape(g) && check.Card(d) {
			return byCard, true
		}
	}
	if !n.phone(g, d, plus, paren, ctx) {
		return 0, false
	}
	switch {
	case plus:
		return byPhoneE164, true
	case ctx == ctxPhone:
		return byPhoneContext, true
	}
	return byPhoneGrouped, true
}

// shape reports whether the groups up to g have the sizes of want ("3-2-4"
// without the '-') and the separators sep between them, each of which may be one
// of several.
func (n *cluster) shape(g int, want, seps string) bool {
	if g+1 != len(want) {
		return false
	}
	for k := 0; k <= g; k++ {
		size := n.count[k]
		if k > 0 {
			size -= n.count[k-1]
			if strings.IndexByte(seps, n.sep[k]) < 0 || k > 1 && n.sep[k] != n.sep[1] {
				return false
			}
		}
		if size != int(want[k]-'0') {
			return false
		}
	}
	return true
}

// cardShape reports whether the groups up to g are grouped as on a card.
func (n *cluster) cardShape(g int) bool {
	if g == 0 {
		return true
	}
	for _, want := range [...]string{"465", "464", "44443", "4441"} {
		if n.shape(g, want, " -") {
			return true
		}
	}
	return n.shape(g, "4444", " -./")
}

// date returns the end of a date (2024-08-06, 2024/08/06, 06/08/2024) at i, so
// that it and the time behind it are not taken for a number; 0 if there is none.
func (s *Scanner) date(i int) int {
	if c, d := s.at(i+4), s.at(i+2); c != '-' && c != '/' && c != '.' && d != '/' && d != '.' {
		return 0
	}
	for _, form := range [...]string{"dddd-dd-dd", "dddd/dd/dd", "dd/dd/dddd", "dd.dd.dddd", "dddd.dd.dd"} {
		if i+len(form) > len(s.t) || chars.Classes[s.at(i+len(form))]&chars.Digit != 0 {
			continue
		}
		ok := true
		for k := range len(form) {
			digit := chars.Classes[s.t[i+k]]&chars.Digit != 0
			if digit != (form[k] == 'd') || !digit && s.t[i+k] != form[k] {
				ok = false
				break
			}
		}
		if !ok {
			continue
		}
		year := i
		if form[2] != 'd' {
			year = i + 6
		}
		if c := s.t[year : year+2]; c == "19" || c == "20" {
			end := i + len(form)
			if next := s.at(end); next == ' ' || next == '+' { // and the hour behind it
				for end+1 < len(s.t) && chars.Classes[s.t[end+1]]&chars.Digit != 0 && end < i+len(form)+2 {
					end++
				}
				switch {
				case end > i+len(form) && chars.Classes[s.at(end+1)]&chars.Digit == 0 && s.at(end+1) != '.':
					end++
				default:
					end = i + len(form) // no hour, but another number
				}
			}
			return end
		}
	}
	return 0
}

// jsonNumber reports whether the number at i is the bare value of a JSON
// member: a quoted name, a colon, the digits. card tells that the name is one of
// a card's number.
func (s *Scanner) jsonNumber(i int) (number, card bool) {
	for i > 0 && s.t[i-1] == ' ' {
		i--
	}
	if i < 2 || s.t[i-1] != ':' || s.t[i-2] != '"' {
		return false, false
	}
	end := i - 2
	for end > 0 && s.t[end-1] == '\\' {
		end--
	}
	start := end
	for start > 0 && end-start <= 32 && chars.Classes[s.t[start-1]]&chars.Word != 0 {
		start--
	}
	return true, cardName(s.t[start:end])
}
