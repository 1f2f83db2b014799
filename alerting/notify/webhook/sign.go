package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The length of a secret in bytes, from
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
const (
	minKey = 24
	maxKey = 64
)

// key returns the bytes of a secret.
func key(secret string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return nil, errors.New(`want "whsec_" and base64`)
	}
	if len(raw) < minKey || len(raw) > maxKey {
		return nil, errors.New("want 24 to 64 bytes in base64")
	}
	return raw, nil
}

// sign returns the header webhook-signature: a version 1 signature with each
// of keys over id, time and body.
func sign(keys [][]byte, id string, at time.Time, body []byte) string {
	var out []string
	for _, k := range keys {
		h := hmac.New(sha256.New, k)
		h.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		h.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(h.Sum(nil)))
	}
	return strings.Join(out, " ")
}
