// Package gate decides who may use the API: bearer tokens with roles, rates,
// the certificate, and how many connections there are at a time. It knows
// nothing of alerts.
package gate

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Role is what a token may do; each may do what those before it may.
type Role uint8

// The roles.
const (
	RoleRead    Role = iota // look at everything, change nothing
	RoleOperate             // acknowledge, resolve, comment, silence, redeliver
	RoleAdmin               // make exceptions, send test alerts
)

var roleNames = []string{"read", "operate", "admin"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "invalid"
}

// ParseRole reads the name of a role.
func ParseRole(name string) (Role, error) {
	for i, n := range roleNames {
		if n == name {
			return Role(i), nil
		}
	}
	return 0, errors.New("role is unknown: want read, operate or admin")
}

// MinToken and MaxToken are how many characters a token has. 32 characters of
// `openssl rand -hex 16` are 128 bits, which nobody guesses.
const (
	MinToken = 32
	MaxToken = 512
)

// TokenConfig is a bearer token that the API accepts, under a name that is noted
// with what is done. One of Token, TokenFile, TokenEnv and SHA256 is set.
type TokenConfig struct {
	// Name is who uses it: 1 to 40 of a-z, 0-9, "_" and "-", unique, and not
	// "local".
	Name string `mapstructure:"name"`
	// Role is "read" (look), "operate" (acknowledge, resolve, silence,
	// redeliver) or "admin" (exceptions and test alerts too).
	Role string `mapstructure:"role"`
	// Token is the token, 32 to 512 characters; TokenFile a file and TokenEnv an
	// environment variable that has it, read at the start.
	Token     outbound.Secret `mapstructure:"token"`
	TokenFile string          `mapstructure:"token_file"`
	TokenEnv  string          `mapstructure:"token_env"`
	// SHA256 is the token's SHA-256 in 64 hexadecimal digits, so that the
	// configuration has no secret. It must be of a random token of at least 32
	// characters.
	SHA256 string `mapstructure:"sha256"`
}

var (
	tokenName = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)
	hexDigest = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

func (c *TokenConfig) source() outbound.Source {
	return outbound.Source{Value: c.Token, File: c.TokenFile, Env: c.TokenEnv}
}

// Validate checks the fields, not what a file or variable holds.
func (c *TokenConfig) Validate() error {
	if !tokenName.MatchString(c.Name) {
		return errors.New("name is not allowed: want 1 to 40 of a-z, 0-9, _ and -")
	}
	if c.Name == LocalName {
		return fmt.Errorf("name is %q: want another, this one is the local token's", LocalName)
	}
	if _, err := ParseRole(c.Role); err != nil {
		return err
	}
	if c.SHA256 != "" {
		if !hexDigest.MatchString(c.SHA256) {
			return errors.New("sha256 is not a digest: want 64 hexadecimal digits, as `printf %s \"$TOKEN\" | sha256sum` prints")
		}
		if c.Token != "" || c.TokenFile != "" || c.TokenEnv != "" {
			return errors.New("sha256 and token are both set: want one of token, token_file, token_env and sha256")
		}
		return nil
	}
	if err := c.source().Check("token", false); err != nil {
		return err
	}
	if n := len(c.Token); n > 0 {
		return checkLength("token", n)
	}
	return nil
}

func checkLength(key string, n int) error {
	if n < MinToken || n > MaxToken {
		return fmt.Errorf("%s has %d characters: want %d to %d, for example from `openssl rand -hex 32`", key, n, MinToken, MaxToken)
	}
	return nil
}

// Caller is who a token belongs to.
type Caller struct {
	Name string
	Role Role
	// Index numbers the tokens from 0.
	Index int
}

// Tokens are the tokens that are accepted; of each only its digest is kept.
type Tokens struct {
	digests [][sha256.Size]byte
	callers []Caller
}

// NewTokens reads the tokens of the configuration; local, if it is not empty, is
// accepted too, as an administrator's.
func NewTokens(cfg []TokenConfig, local string) (*Tokens, error) {
	t := &Tokens{}
	for i := range cfg {
		c := &cfg[i]
		at := fmt.Sprintf("api.tokens[%d]", i)
		if err := c.Validate(); err != nil {
			return nil, fmt.Errorf("%s.%w", at, err)
		}
		role, _ := ParseRole(c.Role) // Validate has checked it
		var digest [sha256.Size]byte
		if c.SHA256 != "" {
			raw, err := hex.DecodeString(c.SHA256)
			if err != nil {
				return nil, fmt.Errorf("%s.sha256 is not a digest", at)
			}
			copy(digest[:], raw)
		} else {
			secret, err := c.source().Read("token")
			if err != nil {
				return nil, fmt.Errorf("%s.%w", at, err)
			}
			if err := checkLength("token", len(secret)); err != nil {
				return nil, fmt.Errorf("%s.%w", at, err)
			}
			digest = sha256.Sum256([]byte(secret))
		}
		if err := t.add(c.Name, role, digest); err != nil {
			return nil, fmt.Errorf("%s.%w", at, err)
		}
	}
	if local != "" {
		if err := t.add(LocalName, RoleAdmin, sha256.Sum256([]byte(local))); err != nil {
			return nil, fmt.Errorf("the local token: %w", err)
		}
	}
	return t, nil
}

func (t *Tokens) add(name string, role Role, digest [sha256.Size]byte) error {
	for i := range t.callers {
		if t.callers[i].Name == name {
			return errors.New("name is taken by an earlier token: want a unique name")
		}
		if t.digests[i] == digest {
			return fmt.Errorf("token is that of %s: want one for each name, so that the history says who did what", t.callers[i].Name)
		}
	}
	t.digests = append(t.digests, digest)
	t.callers = append(t.callers, Caller{Name: name, Role: role, Index: len(t.callers)})
	return nil
}

// Len returns how many tokens there are.
func (t *Tokens) Len() int { return len(t.callers) }

// Find returns whose token secret is. It compares the digest of secret to every
// digest in constant time and looks at all of them whatever it finds, so that
// the time tells neither how much of a token was right nor which token it was.
func (t *Tokens) Find(secret string) (Caller, bool) {
	digest := sha256.Sum256([]byte(secret))
	found := -1
	for i := range t.digests {
		same := subtle.ConstantTimeCompare(digest[:], t.digests[i][:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return Caller{}, false
	}
	return t.callers[found], true
}
