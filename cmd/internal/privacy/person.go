package privacy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// minText is how long a name must be in bytes to be looked for in texts: a
// shorter one is in words that are about something else.
const minText = 4

// person is who is to be forgotten, by all that he may be stored as.
type person struct {
	clickhouse.Person
	// kind is how he was named: "principal", "end_user", "token", "address".
	kind string
	// raw is the name or address itself, "" for a token.
	raw     string
	address netip.Addr
	word    *regexp.Regexp // of Text, made when it is needed
}

// who reads the person that o names. Without a store, the aliases and the
// tenants are not at hand: the ring's own pseudonyms count.
func who(ctx context.Context, o *ForgetOptions, cfg *app.Config, keys *redact.Keys, st *clickhouse.Store) (*person, error) {
	p := &person{}
	n := 0
	for kind, value := range map[string]string{"principal": o.Principal, "end_user": o.EndUser, "token": o.Token, "address": o.Address} {
		if value != "" {
			n++
			p.kind, p.raw = kind, value
		}
	}
	if n != 1 {
		return nil, app.ArgumentError("name the person by one of --principal, --end-user, --token and --address")
	}
	switch p.kind {
	case "address":
		a, err := netip.ParseAddr(p.raw)
		if err != nil {
			return nil, app.ArgumentError("--address: want the true address of a client, for example 203.0.113.9")
		}
		p.address = a.Unmap().WithZone("")
		p.Clients = keys.Addresses(p.address)
		if cfg.Redact.StoresAddresses(redact.Keep) {
			p.Clients = append(p.Clients, p.address)
		}
		p.raw = p.address.String()
		p.Text = p.raw
		return p, nil
	case "token":
		parts := strings.Split(p.raw, ":")
		if len(parts) != 3 || parts[0] != "h1" || parts[1] == "" || base64.RawURLEncoding.DecodedLen(len(parts[2])) != 16 {
			return nil, app.ArgumentError("--token: want a pseudonym as the store has it, for example h1:k1:pW9…")
		}
		p.Names, p.raw = []string{p.raw}, ""
	default:
		var tenants []string
		if cfg.Redact.Tenants == redact.Separate {
			if st == nil {
				return nil, errors.New("redact.tenants: separate: a name has a pseudonym for each tenant, which only the store lists; name the person by --token, once for each")
			}
			var err error
			if tenants, err = st.Tenants(ctx); err != nil {
				return nil, err
			}
		}
		p.Names = append(keys.Principals(p.raw, tenants...), p.raw)
		if len(p.raw) >= minText {
			p.Text = p.raw
		}
	}
	if st != nil {
		var err error
		if p.Names, err = st.Joined(ctx, p.Names); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// hashes are the person's names by hashes alone, for the receipt: whoever has a
// name can tell that it is meant, and nobody can tell the name.
func (p *person) hashes() []string {
	names := slices.Clone(p.Names)
	for _, a := range p.Clients {
		names = append(names, a.String())
	}
	var out []string
	for _, n := range names {
		if n == p.raw && n != "" {
			continue // the hash of a short name could be found by trial
		}
		sum := sha256.Sum256([]byte(n))
		out = append(out, hex.EncodeToString(sum[:16]))
	}
	slices.Sort(out)
	return out
}

// mentions tells whether a text, or a JSON text, has a name of the person in it.
func (p *person) mentions(text []byte) bool {
	if p.Text != "" {
		if p.word == nil {
			p.word = regexp.MustCompile(clickhouse.WholeWord(p.Text))
		}
		if bytes.Contains(text, []byte(p.Text)) && p.word.Match(text) {
			return true
		}
	}
	words := slices.Clone(p.Names)
	for _, a := range p.Clients {
		words = append(words, fmt.Sprintf("%q", a.String()))
		if a.Is6() { // as findings name it
			words = append(words, fmt.Sprintf("%q", netip.PrefixFrom(a, 64).Masked()))
		}
	}
	return slices.ContainsFunc(words, func(w string) bool {
		if strings.HasPrefix(w, "h1:") || w[0] == '"' {
			return bytes.Contains(text, []byte(w))
		}
		quoted, err := json.Marshal(w)
		return err == nil && bytes.Contains(text, quoted) // as a whole, in JSON
	})
}

// take takes what is the person's out of a batch, and tells whether something was.
func (p *person) take(b *schemas.Batch) bool {
	taken := false
	his := func(name string) bool { return name != "" && slices.Contains(p.Names, name) }
	for _, part := range b.Parts {
		n := len(part.Events) + len(part.Sealed) + len(part.Aliases) + len(part.Rejects)
		part.Events = slices.DeleteFunc(part.Events, func(e schemas.Event) bool {
			return his(e.Principal) || his(e.EndUser) || e.Client.IsValid() && slices.Contains(p.Clients, e.Client)
		})
		part.Sealed = slices.DeleteFunc(part.Sealed, func(s schemas.Sealed) bool { return his(s.Principal) })
		part.Aliases = slices.DeleteFunc(part.Aliases, func(a schemas.Alias) bool { return his(a.Old) || his(a.New) })
		part.Rejects = slices.DeleteFunc(part.Rejects, func(r schemas.Reject) bool { return p.mentions([]byte(r.Excerpt)) })
		taken = taken || n != len(part.Events)+len(part.Sealed)+len(part.Aliases)+len(part.Rejects)
	}
	for i := range b.Findings {
		taken = p.leave(&b.Findings[i]) || taken
	}
	for i := range b.Alerts {
		taken = p.leave(&b.Alerts[i].Finding) || taken
	}
	n := len(b.Findings) + len(b.Alerts)
	b.Findings = slices.DeleteFunc(b.Findings, func(f schemas.Finding) bool { return p.inJSON(f) })
	b.Alerts = slices.DeleteFunc(b.Alerts, func(a schemas.Alert) bool { return p.inJSON(a) })
	return taken || n != len(b.Findings)+len(b.Alerts)
}

// leave takes the person out of the campaign that a finding is about, and tells
// whether he was in it; the finding stays.
func (p *person) leave(f *schemas.Finding) bool {
	c := f.Campaign
	if c == nil {
		return false
	}
	n := len(c.Members) + len(c.Named)
	c.Members = slices.DeleteFunc(c.Members, func(m schemas.Member) bool { return slices.Contains(p.Names, m.Principal) })
	c.Named = slices.DeleteFunc(c.Named, func(name string) bool { return slices.Contains(p.Names, name) })
	return n != len(c.Members)+len(c.Named)
}

// inJSON tells whether v, in JSON, mentions the person; what cannot be looked
// into is taken to.
func (p *person) inJSON(v any) bool {
	text, err := json.Marshal(v)
	return err != nil || p.mentions(text)
}
