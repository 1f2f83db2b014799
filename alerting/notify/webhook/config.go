package webhook

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// The values of Config.Body.
const (
	BodyNative      = "native"
	BodyCloudEvents = "cloudevents"
	BodyOCSF        = "ocsf"
	BodyTemplate    = "template"
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
	// as in schemas/json; "cloudevents", a structured CloudEvent 1.0 around it;
	// "ocsf", an OCSF 1.8.0 Detection Finding; or "template", what Template
	// makes.
	Body string `mapstructure:"body"`
	// Source is the source of CloudEvents, a URI reference. Default
	// "urn:gatehound"; 1 to 200 characters.
	Source string `mapstructure:"source"`
	// Template is a Go template that makes JSON, of at most 256 KiB, of .Key,
	// .Alert and .Time; the function json writes a value as JSON. TemplateFile is
	// a file that holds it. Default: empty; one of them with body "template",
	// at most 64 KiB.
	Template     string `mapstructure:"template"`
	TemplateFile string `mapstructure:"template_file"`
	// MaxBytes bounds a body, but for that of a template: texts and lists of an
	// alert that is larger are cut. Default 20000, which every receiver of
	// Standard Webhooks has to take; 4096 to 1048576.
	MaxBytes int `mapstructure:"max_bytes"`
	// Headers go with every request. Default: none; at most 16.
	Headers []Header `mapstructure:"headers"`
	// HTTP is whom to reach, through what, and whom to trust.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; URL and secrets are still to be set.
func DefaultConfig() Config {
	return Config{Body: BodyNative, Source: "urn:gatehound", MaxBytes: 20_000}
}

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
	if err := c.validateBody(); err != nil {
		return err
	}
	if len(c.Headers) > maxHeaders {
		return fmt.Errorf("headers has %d entries: want at most %d", len(c.Headers), maxHeaders)
	}
	seen := make(map[string]bool)
	for i := range c.Headers {
		h := &c.Headers[i]
		if err := h.validate(); err != nil {
			return fmt.Errorf("headers[%d].%w", i, err)
		}
		if seen[h.canonical()] {
			return fmt.Errorf("headers[%d].name is taken by an earlier one: want a unique name", i)
		}
		seen[h.canonical()] = true
	}
	return c.HTTP.Validate()
}

var uriReference = regexp.MustCompile(`^[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{1,200}$`)

// The bounds of MaxBytes.
const (
	minBytes = 4096
	maxBytes = 1 << 20
)

func (c *Config) validateBody() error {
	if !slices.Contains([]string{BodyNative, BodyCloudEvents, BodyOCSF, BodyTemplate}, c.Body) {
		return fmt.Errorf("body is %q: want %q, %q, %q or %q", c.Body, BodyNative, BodyCloudEvents, BodyOCSF, BodyTemplate)
	}
	if !uriReference.MatchString(c.Source) {
		return fmt.Errorf("source is %q: want a URI reference of 1 to 200 characters", c.Source)
	}
	if c.MaxBytes < minBytes || c.MaxBytes > maxBytes {
		return fmt.Errorf("max_bytes is %d: want %d to %d", c.MaxBytes, minBytes, maxBytes)
	}
	given := c.Template != "" || c.TemplateFile != ""
	switch {
	case c.Template != "" && c.TemplateFile != "":
		return errors.New("template and template_file: want one of them")
	case given != (c.Body == BodyTemplate):
		return fmt.Errorf("template and template_file: want one of them with body %q, and only then", BodyTemplate)
	}
	return nil
}
