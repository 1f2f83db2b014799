package alertmanager

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of an Alertmanager sink.
type Config struct {
	// URL is Alertmanager's, as http(s)://host:port/prefix: "/api/v2/alerts" is
	// added. Default: empty; needed. Of a cluster each instance wants a sink of
	// its own: they do not tell each other of alerts.
	URL string `mapstructure:"url"`
	// Username and Password, or Token, prove who we are to Alertmanager
	// (--web.config.file) or to the proxy before it. PasswordFile and TokenFile
	// are files that hold them, PasswordEnv and TokenEnv environment variables.
	// Default: empty; one way or none.
	Username     string          `mapstructure:"username"`
	Password     outbound.Secret `mapstructure:"password"`
	PasswordFile string          `mapstructure:"password_file"`
	PasswordEnv  string          `mapstructure:"password_env"`
	Token        outbound.Secret `mapstructure:"token"`
	TokenFile    string          `mapstructure:"token_file"`
	TokenEnv     string          `mapstructure:"token_env"`
	// Hold is how long Alertmanager takes an alert for firing after the last
	// notification of it; one about a campaign is held eight days longer. It has
	// to exceed alerting.repeat_interval. Default 24h; 10m to 720h.
	Hold time.Duration `mapstructure:"hold"`
	// Labels are added to those of every alert, each as "name=value", to route
	// by. Default: none; at most 20.
	Labels []string `mapstructure:"labels"`
	// HTTP are the settings that every sink over HTTP has.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; the URL is still to be set.
func DefaultConfig() Config { return Config{Hold: 24 * time.Hour} }

func (c *Config) password() outbound.Source {
	return outbound.Source{Value: c.Password, File: c.PasswordFile, Env: c.PasswordEnv}
}

func (c *Config) token() outbound.Source {
	return outbound.Source{Value: c.Token, File: c.TokenFile, Env: c.TokenEnv}
}

// maxLabels bounds Config.Labels.
const maxLabels = 20

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]{0,99}$`)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if c.URL == "" {
		return errors.New("url is not set: want Alertmanager's, such as https://alertmanager.example.com:9093")
	}
	if u, err := c.HTTP.URL("url", c.URL); err != nil {
		return err
	} else if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("url has a query or a fragment: want it without")
	}
	if c.Hold < 10*time.Minute || c.Hold > 720*time.Hour {
		return fmt.Errorf("hold is %v: want 10m to 720h", c.Hold)
	}
	basic, bearer := c.password() != (outbound.Source{}), c.token() != (outbound.Source{})
	switch {
	case basic && bearer:
		return errors.New("password and token: want one of them")
	case basic != (c.Username != ""):
		return errors.New("username and password: want both or none")
	}
	if err := c.password().Check("password", true); err != nil {
		return err
	}
	if err := c.token().Check("token", true); err != nil {
		return err
	}
	if _, err := c.labels(); err != nil {
		return err
	}
	return c.HTTP.Validate()
}

// labels returns the configured labels.
func (c *Config) labels() (map[string]string, error) {
	if len(c.Labels) > maxLabels {
		return nil, fmt.Errorf("labels has %d entries: want at most %d", len(c.Labels), maxLabels)
	}
	out := make(map[string]string)
	for i, l := range c.Labels {
		name, value, _ := strings.Cut(l, "=")
		switch {
		case !labelName.MatchString(name) || value == "" || neutral.Text(value, limitLabel) != value:
			return nil, fmt.Errorf("labels[%d]: want name=value, the name of letters, digits and _", i)
		case slices.Contains(ownLabels, name) || strings.HasPrefix(name, "__") || out[name] != "":
			return nil, fmt.Errorf("labels[%d]: the label %s is taken", i, name)
		}
		out[name] = value
	}
	return out, nil
}

// endpoint returns the URL that alerts are posted to.
func endpoint(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("url is no absolute URL")
	}
	return u.JoinPath("api/v2/alerts").String(), nil
}
