package broker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from file \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GATEHOUND_TEST_PASSWORD", "from env")
	for want, s := range map[string]SASL{
		"given":     {Password: "given"},
		"from file": {PasswordFile: file},
		"from env":  {PasswordEnv: "GATEHOUND_TEST_PASSWORD"},
	} {
		if got, err := s.secret(); err != nil || got != want {
			t.Errorf("have %q, %v, want %q", got, err, want)
		}
	}
	for _, s := range []SASL{{PasswordFile: file + "x"}, {PasswordEnv: "GATEHOUND_TEST_NONE"}} {
		if _, err := s.secret(); err == nil {
			t.Errorf("%+v gave no error", s)
		}
	}
}

func TestFilesOfTLS(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.pem")
	if err := os.WriteFile(junk, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, cfg := range map[string]TLS{
		"tls.ca_file: open":           {Enabled: true, CAFile: junk + "x"},
		"has no certificate":          {Enabled: true, CAFile: junk},
		"tls.cert_file, tls.key_file": {Enabled: true, CertFile: junk, KeyFile: junk},
	} {
		if _, err := cfg.load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}
