package interact

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of the endpoint.
type Config struct {
	// SigningSecret is the Slack app's signing secret ("Basic Information" of the
	// app), or several separated by white space: while a secret is replaced, what
	// either has signed is taken. SigningSecretFile is a file that holds it,
	// SigningSecretEnv an environment variable. Default: empty; one of the three
	// is needed. At most 4 secrets of at least 16 characters.
	SigningSecret     outbound.Secret `mapstructure:"signing_secret"`
	SigningSecretFile string          `mapstructure:"signing_secret_file"`
	SigningSecretEnv  string          `mapstructure:"signing_secret_env"`
	// Users, Teams and Channels are the ids ("U0123456789", "T…", "C…") from which
	// something is taken. Default: empty, which allows everyone in the workspace
	// that the app is installed in; at most 1000 each.
	Users    []string `mapstructure:"users"`
	Teams    []string `mapstructure:"teams"`
	Channels []string `mapstructure:"channels"`
	// HTTP is how what a click came to is sent. Its AllowedHosts are Slack's: by
	// default hooks.slack.com; GovSlack: hooks.slack-gov.com. At least one.
	HTTP outbound.Config `mapstructure:",squash"`
}

// Bounds of the settings.
const (
	maxSecrets = 4
	minSecret  = 16
	maxIDs     = 1000
)

// DefaultConfig returns the defaults; the signing secret is still to be set.
func DefaultConfig() Config {
	return Config{HTTP: outbound.Config{AllowedHosts: []string{"hooks.slack.com"}}}
}

func (c *Config) secret() outbound.Source {
	return outbound.Source{Value: c.SigningSecret, File: c.SigningSecretFile, Env: c.SigningSecretEnv}
}

var slackID = regexp.MustCompile(`^[A-Z0-9]{2,30}$`)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if err := c.secret().Check("signing_secret", false); err != nil {
		return err
	}
	for key, ids := range map[string][]string{"users": c.Users, "teams": c.Teams, "channels": c.Channels} {
		if len(ids) > maxIDs {
			return fmt.Errorf("%s has %d entries: want at most %d", key, len(ids), maxIDs)
		}
		for i, id := range ids {
			if !slackID.MatchString(id) {
				return fmt.Errorf("%s[%d] is no id of Slack: want 2 to 30 of A-Z and 0-9", key, i)
			}
		}
	}
	if len(c.HTTP.AllowedHosts) == 0 {
		return errors.New("allowed_hosts is empty: want the hosts that Slack is answered at, such as hooks.slack.com")
	}
	return c.HTTP.Validate()
}

// secrets reads the secrets.
func (c *Config) secrets() ([][]byte, error) {
	text, err := c.secret().Read("signing_secret")
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, s := range strings.Fields(text) {
		if len(s) < minSecret {
			return nil, fmt.Errorf("signing_secret is short: want at least %d characters", minSecret)
		}
		out = append(out, []byte(s))
	}
	if len(out) == 0 || len(out) > maxSecrets {
		return nil, errors.New("signing_secret: want 1 to 4 secrets, separated by white space")
	}
	return out, nil
}
