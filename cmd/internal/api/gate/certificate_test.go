package gate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func writePair(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"gatehound.example.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	later := time.Now().Add(time.Duration(serial) * time.Minute) // a change is seen however coarse the file's time is
	require.NoError(t, os.Chtimes(cert, later, later))
}

// TestACertificateIsRenewedWhileItServes: a new one is taken without a restart, a
// broken one leaves the former in force.
func TestACertificateIsRenewedWhileItServes(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	var log bytes.Buffer
	_, err := NewCertificate(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
	require.ErrorContains(t, err, "api.tls")
	writePair(t, cert, key, 1)
	c, err := NewCertificate(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	now := time.Now()
	c.now = func() time.Time { return now }
	serial := func() int64 {
		pair, err := c.Get(nil)
		require.NoError(t, err)
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		require.NoError(t, err)
		return leaf.SerialNumber.Int64()
	}
	require.Equal(t, int64(1), serial())
	writePair(t, cert, key, 2)
	require.Equal(t, int64(1), serial(), "the files are looked at once a second")
	now = now.Add(2 * time.Second)
	require.Equal(t, int64(2), serial())
	require.NoError(t, os.WriteFile(key, []byte("no key"), 0o600))
	for range 3 {
		now = now.Add(2 * time.Second)
		require.Equal(t, int64(2), serial(), "the former one stays")
	}
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("stays in force")), "and that is logged once")
	require.NotContains(t, log.String(), "no key")
	require.NoError(t, os.Remove(cert))
	now = now.Add(2 * time.Second)
	require.Equal(t, int64(2), serial())
	writePair(t, cert, key, 3)
	now = now.Add(2 * time.Second)
	require.Equal(t, int64(3), serial())
	require.Equal(t, uint16(tls.VersionTLS12), c.TLS().MinVersion)
}
