package prompt

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// sealTail is cut off the end of redacted text that goes on beyond the window: a
// secret may be cut in two there, and half a secret is not recognised. The
// longest secret is the PEM block of an RSA key of 4096 bits, of 3.3 KB.
const sealTail = 4096

// between stands between two texts. The redactor takes line breaks out.
const between = " ¶ "

// seal adds the redacted texts to part, encrypted: their first bytes. They are
// redacted before they are cut, because half a secret is not recognised. Text that
// cannot be encrypted is dropped.
func (r *Reader) seal(texts []string, ev *schemas.Event, part *schemas.Part) {
	window := r.cfg.MaxSealedBytes + sealTail
	r.window = r.window[:0]
	for i, t := range texts {
		if i > 0 {
			r.window = append(r.window, between...)
		}
		r.window = append(r.window, t[:min(len(t), window+1)]...)
		if len(r.window) > window {
			break
		}
	}
	clean := r.redact(cut(string(r.window), window))
	if len(r.window) > window {
		clean = cut(clean, max(0, len(clean)-sealTail))
	}
	if clean = cut(clean, r.cfg.MaxSealedBytes); clean == "" {
		return
	}
	id := r.keys.Current()
	data, err := r.keys.Seal(nil, []byte(clean), sealedWith(ev.Position, id))
	if err != nil {
		return
	}
	part.Sealed = append(part.Sealed, schemas.Sealed{Position: ev.Position, Time: ev.Time,
		Principal: ev.Principal, RequestID: ev.RequestID, KeyID: id, Data: data})
}

// cut returns the first n bytes of s, or less, so that no character is cut.
func cut(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Open returns the text of s. It is an error if the ring has not the key of s,
// or if s is not as it was sealed, at another position for example. The caller
// writes who asked, and why, to the audit table first.
func Open(keys *redact.Keys, s *schemas.Sealed) (string, error) {
	plain, err := keys.Unseal(s.KeyID, s.Data, sealedWith(s.Position, s.KeyID))
	return string(plain), err
}

// sealedWith returns what a sealed text is bound to: its position and key.
func sealedWith(p schemas.Position, keyID string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(p.Topic)))
	b = append(b, p.Topic...)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Partition))
	b = binary.BigEndian.AppendUint64(b, uint64(p.Offset))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Index))
	return append(b, keyID...)
}
