package redact

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/decode"
)

func ringFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	_, created, err := LoadKeys(path)
	require.NoError(t, err)
	require.True(t, created)
	return path
}

func load(t *testing.T, path string) *Keys {
	t.Helper()
	k, created, err := LoadKeys(path)
	require.NoError(t, err)
	require.False(t, created)
	return k
}

func TestRotate(t *testing.T) {
	path := ringFile(t)
	before := load(t, path)
	now := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	id, err := RotateKeys(path, now)
	require.NoError(t, err)
	require.Equal(t, "k2", id)
	after := load(t, path)
	require.Equal(t, "k2", after.Current())
	require.Equal(t, before.EntityKey(), after.EntityKey(), "entities stay where they are")
	require.Equal(t, before.delivery(), after.delivery(), "redeliveries are still known")
	states := after.States()
	require.Len(t, states, 2)
	require.Equal(t, now, states[0].Retired)
	require.False(t, states[0].Created.IsZero())
	require.True(t, states[1].Current)
	require.True(t, states[0].Overlaps(now.Add(29*24*time.Hour), 720*time.Hour))
	require.False(t, states[0].Overlaps(now.Add(31*24*time.Hour), 720*time.Hour))
	require.False(t, states[1].Overlaps(now, 720*time.Hour), "the current key overlaps with nothing")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".keys-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAFileOfTheFirstFormIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	secret := "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
	require.NoError(t, os.WriteFile(path, []byte(`{"current": "k2", "keys": [{"id": "k1", "secret": "`+secret+`"}, {"id": "k2", "secret": "`+secret+`"}]}`), 0o600))
	k := load(t, path)
	require.Equal(t, "k2", k.Current())
	was := k.Principal("jo")
	id, err := RotateKeys(path, time.Now())
	require.NoError(t, err)
	require.Equal(t, "k3", id)
	k = load(t, path)
	require.Contains(t, k.Principals("jo"), was)
	require.Equal(t, was, event(t, with(t, k), decode.Record{Principal: "jo"}).Subject, "the key that this rotation retired, not an older one by hand")
	require.NoError(t, os.WriteFile(path, []byte(`{"version": 3, "current": "k1", "keys": [{"id": "k1", "secret": "`+secret+`"}]}`), 0o600))
	_, _, err = LoadKeys(path)
	require.ErrorContains(t, err, "older than the file")
	require.NoError(t, os.WriteFile(path, []byte(`{"current": "k1", "entity_key": "AQ==", "keys": [{"id": "k1", "secret": "`+secret+`"}]}`), 0o600))
	_, _, err = LoadKeys(path)
	require.ErrorContains(t, err, "entity_key must have 16 bytes")
}

func TestDestroy(t *testing.T) {
	path := ringFile(t)
	first := load(t, path)
	address := first.Address(netip.MustParseAddr("203.0.113.9"))
	require.ErrorContains(t, DestroyKey(path, "k1", time.Now()), "current key")
	_, err := RotateKeys(path, time.Now())
	require.NoError(t, err)
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	var kf keyFile
	require.NoError(t, json.Unmarshal(body, &kf))
	link := filepath.Join(t.TempDir(), "old")
	require.NoError(t, os.Link(path, link)) // the blocks of the old file
	require.NoError(t, DestroyKey(path, "k1", time.Now()))
	k := load(t, path)
	require.Equal(t, first.EntityKey(), k.EntityKey(), "entities stay where they are")
	require.Equal(t, first.delivery(), k.delivery())
	require.NotContains(t, k.Principals("jo"), first.Principal("jo"), "it cannot be found by its origin")
	_, err = k.Reveal("k1", address)
	require.Error(t, err)
	states := k.States()
	require.Len(t, states, 2)
	require.False(t, states[1].Destroyed.IsZero())
	for _, file := range []string{path, link} {
		left, err := os.ReadFile(file)
		require.NoError(t, err)
		secret, err := json.Marshal(kf.Keys[0].Secret)
		require.NoError(t, err)
		require.NotContains(t, string(left), strings.Trim(string(secret), `"`), "the secret is gone from %s", filepath.Base(file))
	}
	// The id is not given again, and the ring can be changed on.
	id, err := RotateKeys(path, time.Now())
	require.NoError(t, err)
	require.Equal(t, "k3", id)
	require.NoError(t, DestroyKey(path, "k2", time.Now()))
	require.Equal(t, first.EntityKey(), load(t, path).EntityKey())
	require.ErrorContains(t, DestroyKey(path, "k2", time.Now()), "no key of this id")
}

func TestRetire(t *testing.T) {
	path := ringFile(t)
	require.ErrorContains(t, RetireKey(path, "k1", time.Now()), "current key")
	_, err := RotateKeys(path, time.Now())
	require.NoError(t, err)
	require.NoError(t, RetireKey(path, "k1", time.Now()))
	require.ErrorContains(t, RetireKey(path, "k1", time.Now()), "retired already")
	require.ErrorContains(t, RetireKey(path, "k9", time.Now()), "no key of this id")
	states := load(t, path).States()
	require.False(t, states[0].Overlaps(time.Now(), 720*time.Hour))
}

func TestTheRingIsBounded(t *testing.T) {
	path := ringFile(t)
	for range maxKeys - 1 {
		_, err := RotateKeys(path, time.Now())
		require.NoError(t, err)
	}
	_, err := RotateKeys(path, time.Now())
	require.ErrorContains(t, err, "destroy one")
	require.Len(t, load(t, path).States(), maxKeys)
}

func TestRotationsTakeTurns(t *testing.T) {
	path := ringFile(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := RotateKeys(path, time.Now()); err != nil {
				t.Error(err)
			}
			if _, _, err := LoadKeys(path); err != nil { // never half a ring
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, load(t, path).States(), 9)
}

func TestRotationThroughASymbolicLink(t *testing.T) {
	path := ringFile(t)
	link := filepath.Join(t.TempDir(), "link.json")
	require.NoError(t, os.Symlink(path, link))
	_, err := RotateKeys(link, time.Now())
	require.NoError(t, err)
	require.Equal(t, "k2", load(t, path).Current())
	_, err = RotateKeys(filepath.Join(t.TempDir(), "absent"), time.Now())
	require.Error(t, err)
}
