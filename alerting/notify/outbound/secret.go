package outbound

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Secret is a string that prints as "[secret]".
type Secret string

// hidden stands for a Secret wherever it is printed.
const hidden = "[secret]"

func (s Secret) String() string       { return hidden }
func (s Secret) GoString() string     { return hidden }
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is as String, but for a secret that is not set: settings that are
// written and read again still say so.
func (s Secret) MarshalText() ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	return []byte(hidden), nil
}

// maxSecret bounds a secret's file, in bytes.
const maxSecret = 64 << 10

// Source says where a secret comes from: at most one of the three is set.
type Source struct {
	Value Secret
	File  string
	Env   string
}

// count returns how many of the three are set.
func (s Source) count() int {
	n := 0
	for _, set := range []bool{s.Value != "", s.File != "", s.Env != ""} {
		if set {
			n++
		}
	}
	return n
}

// Check reports whether the source is stated once, or not at all if optional.
func (s Source) Check(key string, optional bool) error {
	switch n := s.count(); {
	case n > 1:
		return fmt.Errorf("%s, %s_file and %s_env: want one of them", key, key, key)
	case n == 0 && !optional:
		return fmt.Errorf("%s is not set: want %s, %s_file or %s_env", key, key, key, key)
	}
	return nil
}

// Read returns the secret without the white space around it; empty if the
// source is not set.
func (s Source) Read(key string) (string, error) {
	if err := s.Check(key, true); err != nil {
		return "", err
	}
	text := string(s.Value)
	switch {
	case s.Env != "":
		text = os.Getenv(s.Env)
	case s.File != "":
		f, err := os.Open(s.File)
		if err != nil {
			return "", fmt.Errorf("read %s_file: %w", key, err)
		}
		defer f.Close()
		raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		if err != nil {
			return "", fmt.Errorf("read %s_file: %w", key, err)
		}
		if len(raw) > maxSecret {
			return "", fmt.Errorf("%s_file is too long: want at most %d bytes", key, maxSecret)
		}
		text = string(raw)
	}
	text = strings.TrimSpace(text)
	if text == "" && s.count() > 0 {
		return "", fmt.Errorf("%s is empty where it is read from", key)
	}
	return text, nil
}
