package slack

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of a Slack sink. It has either a bot token and a
// channel, or an incoming webhook.
type Config struct {
	// Token is a bot token ("xoxb-…") with the scope chat:write; it lets
	// updates go to the alert's thread. TokenFile is a file that holds it,
	// TokenEnv an environment variable. Default: empty; at most one of them.
	Token     outbound.Secret `mapstructure:"token"`
	TokenFile string          `mapstructure:"token_file"`
	TokenEnv  string          `mapstructure:"token_env"`
	// Channel is the id ("C0123456789", better) or the name ("#alerts") of the
	// channel to post to with the token. Default: empty; 1 to 80 characters.
	Channel string `mapstructure:"channel"`
	// WebhookURL is the URL of an incoming webhook, which is a secret. Its
	// channel is fixed; Slack cannot edit or thread what came that way, so
	// every update is a message of its own. Default: empty; not beside a token.
	WebhookURL     outbound.Secret `mapstructure:"webhook_url"`
	WebhookURLFile string          `mapstructure:"webhook_url_file"`
	WebhookURLEnv  string          `mapstructure:"webhook_url_env"`
	// APIURL is the address of Slack's Web API. Default
	// "https://slack.com/api/"; https, or http to this machine.
	APIURL string `mapstructure:"api_url"`
	// TLS says whom to trust and who to be. Default: the system's authorities.
	TLS outbound.TLS `mapstructure:"tls"`
}

// DefaultConfig returns the defaults; token or webhook are still to be set.
func DefaultConfig() Config { return Config{APIURL: "https://slack.com/api/"} }

func (c *Config) token() outbound.Source {
	return outbound.Source{Value: c.Token, File: c.TokenFile, Env: c.TokenEnv}
}

func (c *Config) webhook() outbound.Source {
	return outbound.Source{Value: c.WebhookURL, File: c.WebhookURLFile, Env: c.WebhookURLEnv}
}

var channelName = regexp.MustCompile(`^#?[\pL\pN_.-]{1,80}$`)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	bot := c.token() != (outbound.Source{})
	hook := c.webhook() != (outbound.Source{})
	switch {
	case bot == hook:
		return errors.New("token and webhook_url: want one of them (or its _file or _env)")
	case bot && !channelName.MatchString(c.Channel):
		return errors.New("channel: want the id or the name of a channel, 1 to 80 characters")
	case hook && c.Channel != "":
		return errors.New("channel is set beside webhook_url: an incoming webhook has a fixed channel")
	}
	if err := c.token().Check("token", hook); err != nil {
		return err
	}
	if err := c.webhook().Check("webhook_url", bot); err != nil {
		return err
	}
	if _, err := outbound.CheckURL("api_url", c.APIURL, false, nil); err != nil {
		return err
	}
	if err := c.TLS.Validate(); err != nil {
		return fmt.Errorf("slack: %w", err)
	}
	return nil
}
