package elasticsearch

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of an Elasticsearch or OpenSearch sink.
type Config struct {
	// URL is the cluster's address: "https://search.example.com:9200", with a
	// path if a gateway wants one. Default: empty; needed.
	URL string `mapstructure:"url"`
	// Index is the data stream, alias or index to write to. Default
	// "logs-gatehound.alert-default".
	Index string `mapstructure:"index"`
	// APIKey is an API key as Elasticsearch shows it encoded: the base64 of
	// id:key. APIKeyFile is a file that holds it, APIKeyEnv an environment
	// variable. Default: empty; at most one of them, and not beside Username.
	APIKey     outbound.Secret `mapstructure:"api_key"`
	APIKeyFile string          `mapstructure:"api_key_file"`
	APIKeyEnv  string          `mapstructure:"api_key_env"`
	// Username and Password are for basic authentication. PasswordFile is a file
	// that holds the password, PasswordEnv an environment variable. Default:
	// empty; both or none.
	Username     string          `mapstructure:"username"`
	Password     outbound.Secret `mapstructure:"password"`
	PasswordFile string          `mapstructure:"password_file"`
	PasswordEnv  string          `mapstructure:"password_env"`
	// Gzip compresses requests. Default: false.
	Gzip bool `mapstructure:"gzip"`
	// HTTP is whom to reach, through what, and whom to trust.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; the URL is still to be set.
func DefaultConfig() Config { return Config{Index: "logs-gatehound.alert-default"} }

func (c *Config) apiKey() outbound.Source {
	return outbound.Source{Value: c.APIKey, File: c.APIKeyFile, Env: c.APIKeyEnv}
}

func (c *Config) password() outbound.Source {
	return outbound.Source{Value: c.Password, File: c.PasswordFile, Env: c.PasswordEnv}
}

// indexName is what both products allow:
// https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create.
var indexName = regexp.MustCompile(`^[a-z0-9.][a-z0-9._-]{0,99}$`)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if _, err := c.base(); err != nil {
		return err
	}
	if !indexName.MatchString(c.Index) {
		return fmt.Errorf("index is %q: want 1 to 100 of a-z, 0-9, ., _ and -", c.Index)
	}
	if err := c.apiKey().Check("api_key", true); err != nil {
		return err
	}
	if err := c.password().Check("password", true); err != nil {
		return err
	}
	key, password := c.apiKey() != (outbound.Source{}), c.password() != (outbound.Source{})
	switch {
	case key && (password || c.Username != ""):
		return errors.New("api_key and username: want one of them")
	case password != (c.Username != ""):
		return errors.New("username and password: want both or none")
	}
	return c.HTTP.Validate()
}

func (c *Config) base() (*url.URL, error) {
	u, err := c.HTTP.URL("url", c.URL)
	if err == nil && (u.RawQuery != "" || u.Fragment != "") {
		return nil, errors.New("url has a query: want https://host:port")
	}
	return u, err
}

// client reads the secrets of c, and returns what the header Authorization is;
// empty without authentication.
func (c *Config) client() (*http.Client, string, error) {
	key, err := c.apiKey().Read("api_key")
	if err != nil {
		return nil, "", err
	}
	password, err := c.password().Read("password")
	if err != nil {
		return nil, "", err
	}
	auth := ""
	switch {
	case key != "":
		if _, err := base64.StdEncoding.DecodeString(key); err != nil {
			return nil, "", errors.New("api_key is no base64: want the key as it is shown encoded")
		}
		auth = "ApiKey " + key
	case c.Username != "":
		auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+password))
	}
	client, err := c.HTTP.Client()
	return client, auth, err
}
