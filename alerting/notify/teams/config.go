package teams

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of a Teams sink.
type Config struct {
	// WebhookURL is the address that the workflow "Send webhook alerts to a
	// channel" shows (Power Automate: "When a Teams webhook request is received").
	// Its signature makes it a secret. WebhookURLFile is a file that holds it,
	// WebhookURLEnv an environment variable. Default: empty; one of the three is
	// needed.
	WebhookURL     outbound.Secret `mapstructure:"webhook_url"`
	WebhookURLFile string          `mapstructure:"webhook_url_file"`
	WebhookURLEnv  string          `mapstructure:"webhook_url_env"`
	// Body is what is sent: "message" (default), a message with the card attached,
	// which the templates of Teams take, or "card", the card alone, for workflows
	// that hand the body to "Post card in a chat or channel".
	Body string `mapstructure:"body"`
	// HTTP is what the sinks over HTTP have in common.
	HTTP outbound.Config `mapstructure:",squash"`
}

// The values of Config.Body.
const (
	BodyMessage = "message"
	BodyCard    = "card"
)

// DefaultConfig returns the defaults; the address is still to be set.
func DefaultConfig() Config { return Config{Body: BodyMessage} }

func (c *Config) source() outbound.Source {
	return outbound.Source{Value: c.WebhookURL, File: c.WebhookURLFile, Env: c.WebhookURLEnv}
}

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if err := c.source().Check("webhook_url", false); err != nil {
		return err
	}
	if c.Body != BodyMessage && c.Body != BodyCard {
		return errors.New(`body: want "message" or "card"`)
	}
	if c.WebhookURL != "" {
		if _, err := c.address(string(c.WebhookURL)); err != nil {
			return err
		}
	}
	return c.HTTP.Validate()
}

// address checks the address. Those of the connectors that Microsoft has switched
// off are refused, because their answers said success when there was none.
func (c *Config) address(raw string) (*url.URL, error) {
	u, err := c.HTTP.URL("webhook_url", raw)
	if err != nil {
		return nil, err
	}
	host := strings.ToLower(u.Hostname())
	if strings.HasSuffix(host, ".webhook.office.com") || host == "outlook.office.com" || host == "outlook.office365.com" {
		return nil, errors.New("webhook_url is of an Office 365 connector, which are switched off: want the address of a workflow")
	}
	return u, nil
}
