package redact

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/scan"
	"github.com/gatehound/gatehound/ingest/redact/secret"
	"github.com/gatehound/gatehound/schemas"
)

// What pseudonyms of identities and fingerprints of credentials begin with.
const (
	pseudonym      = "h1"
	credentialMark = "c1"
)

// identities makes the pseudonyms of one tenant's callers, or of all.
type identities struct {
	principal, credential tagger
	// subject is under the oldest key that is not retired for good, if that is
	// not the current one.
	subject *tagger
	// older are under the keys that overlap with the current one.
	older []tagger
}

// maxTenants bounds the tenants whose keys a worker has at hand; deriving one
// anew takes some microseconds.
const maxTenants = 256

// newIdentities derives the keys of a tenant; "" stands for all of them.
func newIdentities(k *Keys, overlapping []int, tenant string) *identities {
	id := &identities{older: make([]tagger, len(overlapping))}
	id.principal.init(pseudonym, k.ring[k.current], ofTenant(domainPrincipal, tenant))
	id.credential.init(credentialMark, k.ring[k.current], ofTenant(domainCredential, tenant))
	if i, ok := k.oldest(); ok {
		id.subject = new(tagger)
		id.subject.init(pseudonym, k.ring[i], ofTenant(domainPrincipal, tenant))
	}
	for j, i := range overlapping {
		id.older[j].init(pseudonym, k.ring[i], ofTenant(domainPrincipal, tenant))
	}
	return id
}

// ofTenant returns the domain of a tenant's values. Domains end where a tenant's
// name begins, so that no name makes another domain.
func ofTenant(domain, tenant string) string {
	if tenant == "" {
		return domain
	}
	return domain + "/tenant/" + tenant
}

// who returns the identities of a tenant, by its name in the event.
func (r *Redactor) who(tenant string) *identities {
	if !r.separate || tenant == "" {
		return r.shared
	}
	id, ok := r.tenants[tenant]
	if !ok {
		if len(r.tenants) >= maxTenants {
			clear(r.tenants)
		}
		tenant = strings.Clone(tenant)
		id = newIdentities(r.keys, r.overlapping, tenant)
		r.tenants[tenant] = id
	}
	return id
}

// cached returns what a value is cached under: itself, or with its tenant.
func (r *Redactor) cached(raw, tenant string) string {
	if !r.separate {
		return raw
	}
	r.scoped = append(append(append(r.scoped[:0], tenant...), 0), raw...)
	return view(r.scoped)
}

// identity returns a principal or an end user: never longer than 40 bytes, never
// with a secret in it. Who calls himself by a pseudonym gets another: it may be
// that of somebody whom an allowlist names.
func (r *Redactor) identity(raw, tenant string, action Action, ev *schemas.Event, arena *schemas.Arena) string {
	if raw == "" || action == Drop {
		return ""
	}
	n := &ev.Redacted
	if action == Keep || action == Mask {
		mode := scan.Mode(0)
		if action == Keep {
			mode = scan.SecretsOnly
		}
		r.counts = schemas.RedactionCounts{}
		if _, changed := r.scanner.Clean(raw, mode, &r.counts); !changed && len(raw) <= maxPrincipal && !strings.HasPrefix(raw, pseudonym+":") {
			return arena.String(raw)
		}
		addCounts(n, &r.counts)
	}
	n.Add(schemas.RedactedPrincipal)
	key := r.cached(raw, tenant)
	e, hash, ok := r.principals.find(key, 0)
	if ok {
		return e.clean
	}
	id := r.who(tenant)
	r.buf = id.principal.append(r.buf[:0], raw)
	kept, admitted := e.admit(hash, 0, key, view(r.buf), &schemas.RedactionCounts{})
	if !admitted {
		kept = arena.Bytes(r.buf)
	}
	if len(id.older) > 0 {
		r.join(id, raw, kept, hash, ev.Time)
	}
	return kept
}

// subject returns the pseudonym of a caller under the oldest key, by which the
// detectors go on knowing him after a rotation; "" if there is none, or if the
// caller's name is no pseudonym.
func (r *Redactor) subject(raw, tenant, principal string, arena *schemas.Arena) string {
	if r.subjects == nil || !strings.HasPrefix(principal, pseudonym+":") {
		return ""
	}
	key := r.cached(raw, tenant)
	e, hash, ok := r.subjects.find(key, 0)
	if ok {
		return e.clean
	}
	id := r.who(tenant)
	if id.subject == nil {
		return ""
	}
	r.buf = id.subject.append(r.buf[:0], raw)
	if kept, ok := e.admit(hash, 0, key, view(r.buf), &schemas.RedactionCounts{}); ok {
		return kept
	}
	return arena.Bytes(r.buf)
}

// The bounds of what joins old pseudonyms to new ones.
const (
	joinedEntries = 16384 // a power of two
	maxAliases    = 65536
)

// join notes that pseudonyms of one identity belong together, once for each
// identity as long as its place in joined is not taken by another.
func (r *Redactor) join(id *identities, raw, now string, hash uint64, at int64) {
	place := &r.joined[hash%joinedEntries]
	if *place == hash || len(r.aliases)+len(id.older) > maxAliases {
		return
	}
	*place = hash
	for i := range id.older {
		r.aliases = append(r.aliases, schemas.Alias{Old: string(id.older[i].append(nil, raw)), New: now, Time: at})
	}
}

// Aliases returns the pairs of pseudonyms that the events since the last call
// showed to be of one identity, and forgets them. There are none unless a
// rotation's overlap lasts. It is called once for each chunk.
func (r *Redactor) Aliases() []schemas.Alias {
	out := r.aliases
	r.aliases = nil
	return out
}

// fingerprint returns "c1:<key id>:<22 characters>", and ":<issuer>" if the
// credential says whose it is. Its scheme ("Bearer ") does not count, so that a
// key has one fingerprint however it is sent. What a gateway has masked is no
// credential.
func (r *Redactor) fingerprint(raw, tenant string, arena *schemas.Arena) string {
	raw = strings.TrimSpace(raw)
	if i := strings.IndexByte(raw, ' '); i > 0 && i <= 10 {
		raw = strings.TrimSpace(raw[i:])
	}
	if maskedCredential(raw) {
		return ""
	}
	key := r.cached(raw, tenant)
	e, hash, ok := r.credentials.find(key, 0)
	if ok {
		return e.clean
	}
	r.buf = r.who(tenant).credential.append(r.buf[:0], raw)
	if issuer := secret.Issuer(raw); issuer != "" {
		r.buf = append(append(r.buf, ':'), issuer...)
	}
	if kept, ok := e.admit(hash, 0, key, view(r.buf), &schemas.RedactionCounts{}); ok {
		return kept
	}
	return arena.Bytes(r.buf)
}
