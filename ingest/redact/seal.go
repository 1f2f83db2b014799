package redact

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
)

// domainSeal is the domain of the keys that texts are encrypted under.
const domainSeal = "prompt-seal"

// PromptKey returns the current key of one kind of a prompt's features: of its
// fingerprints ("") or of its sketches ("sketch").
func (k *Keys) PromptKey(kind string) [32]byte {
	domain := domainPrompt
	if kind != "" {
		domain += "-" + kind
	}
	return [32]byte(derive(k.ring[k.current].Secret, domain, 32))
}

// Seal appends plain to dst, encrypted by AES-256-GCM under the current key: a
// random nonce of 12 bytes, the ciphertext and the tag of 16. Who unseals it must
// state the same aad, which is not encrypted. The nonces of one key may be drawn
// 2³² times (NIST SP 800-38D, section 8.3): rotate before that.
func (k *Keys) Seal(dst, plain, aad []byte) ([]byte, error) {
	aead, err := sealer(k.ring[k.current])
	if err != nil {
		return dst, err
	}
	var nonce [12]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return dst, fmt.Errorf("draw a nonce: %w", err)
	}
	return aead.Seal(append(dst, nonce[:]...), nonce[:], plain, aad), nil
}

// Unseal returns what Seal encrypted when the key with the id was current. It is
// an error if the ring has no such key, or if data or aad were changed.
func (k *Keys) Unseal(keyID string, data, aad []byte) ([]byte, error) {
	for _, key := range k.ring {
		if key.ID != keyID {
			continue
		}
		aead, err := sealer(key)
		if err != nil {
			return nil, err
		}
		n := aead.NonceSize()
		if len(data) < n+aead.Overhead() {
			return nil, fmt.Errorf("sealed text is too short")
		}
		plain, err := aead.Open(nil, data[:n], data[n:], aad)
		if err != nil {
			return nil, fmt.Errorf("unseal text: %w", err)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("the key ring has no such key")
}

func sealer(key Key) (cipher.AEAD, error) {
	block, err := aes.NewCipher(derive(key.Secret, domainSeal, 32))
	if err != nil {
		return nil, fmt.Errorf("cipher of sealed texts: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("cipher of sealed texts: %w", err)
	}
	return aead, nil
}
