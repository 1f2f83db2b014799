package splunk

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of a Splunk sink.
type Config struct {
	// URL is where the HTTP Event Collector listens, without the path of the
	// endpoint: "https://splunk.example.com:8088". Default: empty; needed.
	URL string `mapstructure:"url"`
	// Token is the collector's token. TokenFile is a file that holds it,
	// TokenEnv an environment variable. Default: empty; one of the three is
	// needed.
	Token     outbound.Secret `mapstructure:"token"`
	TokenFile string          `mapstructure:"token_file"`
	TokenEnv  string          `mapstructure:"token_env"`
	// Index is the index to write to. Default "": the token's.
	Index string `mapstructure:"index"`
	// Source and SourceType are what Splunk shows as such. Defaults "gatehound"
	// and "gatehound:alert".
	Source     string `mapstructure:"source"`
	SourceType string `mapstructure:"sourcetype"`
	// Host is what Splunk shows as the host. Default "": the collector's.
	Host string `mapstructure:"host"`
	// Gzip compresses events. Default: false.
	Gzip bool `mapstructure:"gzip"`
	// Ack waits, for as long as the sink's timeout, until Splunk says that the
	// event is indexed; a token with indexer acknowledgement is needed, and a
	// timeout of 30s or more is wise. Default: false.
	Ack bool `mapstructure:"ack"`
	// HTTP is whom to reach, through what, and whom to trust.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; URL and token are still to be set.
func DefaultConfig() Config { return Config{Source: "gatehound", SourceType: "gatehound:alert"} }

func (c *Config) token() outbound.Source {
	return outbound.Source{Value: c.Token, File: c.TokenFile, Env: c.TokenEnv}
}

var (
	// indexName is what Splunk allows as one:
	// https://help.splunk.com/en/splunk-enterprise/administer/manage-indexers-and-indexer-clusters
	indexName = regexp.MustCompile(`^[a-z0-9_-]{0,80}$`)
	plainName = regexp.MustCompile(`^[\x21-\x7e]{0,200}$`)
	// token is a GUID in most cases, but need not be one.
	token = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)
)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if _, err := c.endpoint(); err != nil {
		return err
	}
	if err := c.token().Check("token", false); err != nil {
		return err
	}
	if !indexName.MatchString(c.Index) {
		return fmt.Errorf("index is %q: want at most 80 of a-z, 0-9, _ and -", c.Index)
	}
	for key, val := range map[string]string{"source": c.Source, "sourcetype": c.SourceType, "host": c.Host} {
		if !plainName.MatchString(val) {
			return fmt.Errorf("%s is %q: want at most 200 visible characters of ASCII", key, val)
		}
	}
	return c.HTTP.Validate()
}

// endpoint returns the URL of the collector.
func (c *Config) endpoint() (*url.URL, error) {
	u, err := c.HTTP.URL("url", c.URL)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("url has a query: want https://host:port")
	}
	return u.JoinPath("services", "collector"), nil
}

// client reads the secrets of c.
func (c *Config) client() (*http.Client, string, error) {
	text, err := c.token().Read("token")
	if err != nil {
		return nil, "", err
	}
	if !token.MatchString(text) {
		return nil, "", fmt.Errorf("token has other than visible characters of ASCII: want the token alone")
	}
	client, err := c.HTTP.Client()
	return client, text, err
}
