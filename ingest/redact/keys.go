package redact

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"net/netip"
)

// The domains that a key is split into, so that a value of one field tells
// nothing about the same value in another.
const (
	domainPrincipal  = "principal"
	domainCredential = "credential"
	domainPrompt     = "prompt"
	domainAddress    = "address"
	domainText       = "text"
	domainEntity     = "entity"
	domainDelivery   = "delivery"
	domainReceipt    = "receipt"
)

// secretBytes is the length of a key's secret.
const secretBytes = 32

// maxKeys bounds the ring: a rotation every month for five years.
const maxKeys = 64

// Key is one master key. Destroying it makes its pseudonyms unlinkable for good.
type Key struct {
	// ID names the key in pseudonyms: 1 to 8 of a-z and 0-9.
	ID string
	// Secret is 32 random bytes.
	Secret []byte
}

// String hides the secret.
func (k Key) String() string { return "[key " + k.ID + "]" }

// GoString hides the secret also from %#v.
func (k Key) GoString() string { return k.String() }

// Keys is a key ring: one current key, under which new pseudonyms are made, and
// older ones that are kept to recognise and reveal what was made under them.
// It is safe for concurrent use.
type Keys struct {
	ring    []Key // oldest first
	current int
	// states is like ring.
	states []KeyState
	gone   []KeyState
	// entityKey and deliveryKey are those of a first key that was destroyed.
	entityKey, deliveryKey []byte
}

// NewKeys returns a ring of keys whose current one has the id current.
func NewKeys(current string, keys ...Key) (*Keys, error) {
	k := &Keys{current: -1}
	if len(keys) > maxKeys {
		return nil, fmt.Errorf("key ring has %d keys: at most %d are allowed", len(keys), maxKeys)
	}
	for i, key := range keys {
		if !validKeyID(key.ID) {
			return nil, fmt.Errorf("key %d of the ring: its id must be 1 to 8 of a-z and 0-9", i+1)
		}
		if len(key.Secret) != secretBytes {
			return nil, fmt.Errorf("key %s: the secret must have %d bytes", key.ID, secretBytes)
		}
		for _, other := range k.ring {
			if other.ID == key.ID {
				return nil, fmt.Errorf("key %s is in the ring twice", key.ID)
			}
		}
		k.ring = append(k.ring, Key{ID: key.ID, Secret: append([]byte(nil), key.Secret...)})
		k.states = append(k.states, KeyState{ID: key.ID, Current: key.ID == current})
		if key.ID == current {
			k.current = i
		}
	}
	if k.current < 0 {
		return nil, fmt.Errorf("the key ring has no key of the current id")
	}
	return k, nil
}

// GenerateKeys returns a ring of one random key, "k1".
func GenerateKeys() (*Keys, error) {
	secret := make([]byte, secretBytes)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("draw a random key: %w", err)
	}
	return NewKeys("k1", Key{ID: "k1", Secret: secret})
}

// String hides the secrets.
func (k *Keys) String() string { return "[key ring]" }

// GoString hides the secrets also from %#v.
func (k *Keys) GoString() string { return "[key ring]" }

// Current returns the id of the current key.
func (k *Keys) Current() string { return k.ring[k.current].ID }

// EntityKey returns the key under which entities are dealt to shards. It comes
// from the ring's first key, so that a rotation does not move the entities, and
// outlives that key.
func (k *Keys) EntityKey() [16]byte {
	if len(k.entityKey) == 16 {
		return [16]byte(k.entityKey)
	}
	return [16]byte(derive(k.ring[0].Secret, domainEntity, 16))
}

// delivery returns the key of schemas.Event.Delivery, which like EntityKey
// outlives rotations and the first key.
func (k *Keys) delivery() deliveryKey { return newDeliveryKey(k.deliverySecret()) }

func (k *Keys) deliverySecret() []byte {
	if len(k.deliveryKey) == 16 {
		return k.deliveryKey
	}
	return derive(k.ring[0].Secret, domainDelivery, 16)
}

// Principal returns the pseudonym of a principal or end user under the current
// key: "h1:<key id>:<22 characters>", at most 40 bytes.
func (k *Keys) Principal(raw string) string { return k.principal(k.current, raw) }

// Principals returns the pseudonyms of a principal under every key, the current
// one first, for all tenants and for each of those named: whoever looks for a
// person's events looks for all of them.
func (k *Keys) Principals(raw string, tenants ...string) []string {
	var all []string
	for _, tenant := range append([]string{""}, tenants...) {
		all = append(all, k.tagged(k.current, pseudonym, ofTenant(domainPrincipal, tenant), raw))
		for i := range k.ring {
			if i != k.current {
				all = append(all, k.tagged(i, pseudonym, ofTenant(domainPrincipal, tenant), raw))
			}
		}
	}
	return all
}

func (k *Keys) principal(i int, raw string) string {
	return k.tagged(i, pseudonym, domainPrincipal, raw)
}

func (k *Keys) tagged(i int, mark, domain, raw string) string {
	var t tagger
	t.init(mark, k.ring[i], domain)
	return string(t.append(nil, raw))
}

// Addresses returns the stored forms of a client's address under every key, if
// the policy is to pseudonymize it.
func (k *Keys) Addresses(a netip.Addr) []netip.Addr {
	var all []netip.Addr
	for _, key := range k.ring {
		all = append(all, newPan(key.Secret).forward(a))
	}
	return all
}

// Address returns the stored form of a client's address under the current key,
// if the policy is to pseudonymize it.
func (k *Keys) Address(a netip.Addr) netip.Addr {
	return newPan(k.ring[k.current].Secret).forward(a)
}

// Reveal returns the true address that the key with the id made a into. The
// caller writes who asked, and why, to the audit table first.
func (k *Keys) Reveal(id string, a netip.Addr) (netip.Addr, error) {
	for _, key := range k.ring {
		if key.ID == id {
			return newPan(key.Secret).inverse(a), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("the key ring has no such key")
}

// derive returns n bytes for the domain by HKDF-SHA-256 (RFC 5869).
func derive(secret []byte, domain string, n int) []byte {
	out, err := hkdf.Key(sha256.New, secret, nil, "gatehound/redact/v1/"+domain, n)
	if err != nil { // only for n over 8160
		panic(err)
	}
	return out
}

func validKeyID(id string) bool {
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 8
}

// tagger makes pseudonyms of one kind and key. It is not safe for concurrent
// use.
type tagger struct {
	prefix string
	mac    hash.Hash
	in     []byte
	sum    [sha256.Size]byte
}

func (t *tagger) init(version string, key Key, domain string) {
	t.prefix = version + ":" + key.ID + ":"
	t.mac = hmac.New(sha256.New, derive(key.Secret, domain, 32))
}

// append adds the pseudonym of raw to dst: the first 128 bits of its
// HMAC-SHA-256, which no search over the space of inputs undoes without the key.
func (t *tagger) append(dst []byte, raw string) []byte {
	t.in = append(t.in[:0], raw...)
	t.mac.Reset()
	t.mac.Write(t.in)
	dst = append(dst, t.prefix...)
	return base64.RawURLEncoding.AppendEncode(dst, t.mac.Sum(t.sum[:0])[:16])
}
