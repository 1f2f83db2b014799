package slack

import (
	"errors"
	"fmt"
	"regexp"
	"time"

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
	// Buttons adds buttons to messages that are posted with a token: Acknowledge,
	// Silence and Resolve. Slack sends what is clicked to the app's Request URL:
	// turn them on once that leads to this program's /slack/interactions. Default:
	// false.
	Buttons bool `mapstructure:"buttons"`
	// PostInterval is the least mean time between two messages to the channel;
	// four may come at once. Edits take a fifth more. Default 1s, which is what
	// Slack allows; 0 to 1m, and 0 leaves it to Slack to refuse.
	PostInterval time.Duration `mapstructure:"post_interval"`
	// HTTP is what the sinks over HTTP have in common.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; token or webhook are still to be set.
func DefaultConfig() Config {
	return Config{APIURL: "https://slack.com/api/", PostInterval: time.Second}
}

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
	if hook && c.Buttons {
		return errors.New("buttons is set beside webhook_url: buttons need a token")
	}
	if c.PostInterval < 0 || c.PostInterval > time.Minute {
		return fmt.Errorf("post_interval is %v: want 0 to 1m", c.PostInterval)
	}
	if bot {
		if _, err := c.HTTP.URL("api_url", c.APIURL); err != nil {
			return err
		}
	}
	if c.WebhookURL != "" {
		if _, err := c.HTTP.URL("webhook_url", string(c.WebhookURL)); err != nil {
			return err
		}
	}
	return c.HTTP.Validate()
}
