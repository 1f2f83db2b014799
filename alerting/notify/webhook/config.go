package webhook

import (
	"errors"
	"fmt"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// The values of Config.Body.
const (
	BodyNative = "native"
	BodyOCSF   = "ocsf"
)

// Config is the settings of a webhook sink.
type Config struct {
	// URL is where to post to; it is treated as a secret, because many
	// receivers put a token into it. URLFile is a file that holds it, URLEnv an
	// environment variable. Default: empty; one of the three is needed. https,
	// or http to this machine; no user information.
	URL     outbound.Secret `mapstructure:"url"`
	URLFile string          `mapstructure:"url_file"`
	URLEnv  string          `mapstructure:"url_env"`
	// Secrets sign each request in the way of Standard Webhooks; each is
	// "whsec_" and 24 to 64 bytes in base64. Each makes a signature, so that a
	// secret can be replaced without a gap: add the new one, change the
	// receiver, take the old one away. SecretFiles are files that hold one
	// each, SecretEnvs environment variables. Default: empty; 1 to 8 in all.
	Secrets     []outbound.Secret `mapstructure:"secrets"`
	SecretFiles []string          `mapstructure:"secret_files"`
	SecretEnvs  []string          `mapstructure:"secret_envs"`
	// Body is what is sent: "native" (default), an envelope around the alert
	// as in schemas/json, or "ocsf", an OCSF 1.8.0 Detection Finding.
	Body string `mapstructure:"body"`
	// HTTP is whom to reach, through what, and whom to trust.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; URL and secrets are still to be set.
func DefaultConfig() Config { return Config{Body: BodyNative} }

func (c *Config) url() outbound.Source {
	return outbound.Source{Value: c.URL, File: c.URLFile, Env: c.URLEnv}
}

// secrets lists where the secrets come from.
func (c *Config) secrets() []outbound.Source {
	var out []outbound.Source
	for _, s := range c.Secrets {
		out = append(out, outbound.Source{Value: s})
	}
	for _, s := range c.SecretFiles {
		out = append(out, outbound.Source{File: s})
	}
	for _, s := range c.SecretEnvs {
		out = append(out, outbound.Source{Env: s})
	}
	return out
}

// maxSecrets bounds the signatures of a request.
const maxSecrets = 8

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if err := c.url().Check("url", false); err != nil {
		return err
	}
	if c.URL != "" {
		if _, err := c.HTTP.URL("url", string(c.URL)); err != nil {
			return err
		}
	}
	if n := len(c.secrets()); n < 1 || n > maxSecrets {
		return fmt.Errorf("secrets, secret_files and secret_envs have %d entries: want 1 to %d", n, maxSecrets)
	}
	for i, s := range c.Secrets {
		if _, err := key(string(s)); err != nil {
			return fmt.Errorf("secrets[%d]: %w", i, err)
		}
	}
	for _, s := range c.secrets() {
		if s == (outbound.Source{}) {
			return errors.New("secrets, secret_files and secret_envs: an entry is empty")
		}
	}
	if c.Body != BodyNative && c.Body != BodyOCSF {
		return fmt.Errorf("body is %q: want %q or %q", c.Body, BodyNative, BodyOCSF)
	}
	return c.HTTP.Validate()
}
