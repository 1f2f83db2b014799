package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"

	"github.com/gatehound/gatehound/ingest/redact"
)

// LoadKeys reads the key ring, or makes it and says so.
func LoadKeys(cfg *Config, log *slog.Logger) (*redact.Keys, error) {
	path := KeyFile(cfg)
	keys, created, err := redact.LoadKeys(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if created {
		log.Warn("made a new key for pseudonyms: back it up, and give every instance the same one", "file", path)
	}
	return keys, nil
}

// KeyFile returns where the key ring is.
func KeyFile(cfg *Config) string { return cmp.Or(cfg.Redact.KeyFile, cfg.Data("keys.json")) }

// ExistingKeys reads the key ring, and makes none.
func ExistingKeys(cfg *Config) (*redact.Keys, error) {
	if _, err := os.Stat(KeyFile(cfg)); err != nil {
		return nil, fmt.Errorf("keys: there is no key ring: %w", err)
	}
	keys, _, err := redact.LoadKeys(KeyFile(cfg))
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return keys, nil
}

// KeyStates returns the lives of the ring's keys.
func KeyStates(cfg *Config) ([]redact.KeyState, error) {
	keys, err := ExistingKeys(cfg)
	if err != nil {
		return nil, err
	}
	return keys.States(), nil
}
