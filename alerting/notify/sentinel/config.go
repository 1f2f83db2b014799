package sentinel

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of a Microsoft Sentinel sink. Every name in it is
// shown by Azure's portal.
type Config struct {
	// Endpoint is the logs ingestion endpoint of the data collection rule, or of
	// a data collection endpoint:
	// "https://name-abcd.westeurope-1.ingest.monitor.azure.com". Default: empty;
	// needed.
	Endpoint string `mapstructure:"endpoint"`
	// RuleID is the immutable id of the data collection rule: "dcr-" and 32
	// hexadecimal digits. Default: empty; needed.
	RuleID string `mapstructure:"rule_id"`
	// Stream is the rule's stream. Default "Custom-GatehoundAlerts_CL".
	Stream string `mapstructure:"stream"`
	// TenantID and ClientID are the directory and the application that has the
	// role Monitoring Metrics Publisher on the rule. Default: empty; needed.
	TenantID string `mapstructure:"tenant_id"`
	ClientID string `mapstructure:"client_id"`
	// ClientSecret is a secret of the application. ClientSecretFile is a file
	// that holds it, ClientSecretEnv an environment variable. Default: empty; one
	// of the three is needed.
	ClientSecret     outbound.Secret `mapstructure:"client_secret"`
	ClientSecretFile string          `mapstructure:"client_secret_file"`
	ClientSecretEnv  string          `mapstructure:"client_secret_env"`
	// Authority gives tokens, for Scope. Defaults
	// "https://login.microsoftonline.com" and
	// "https://monitor.azure.com//.default"; other clouds have others, such as
	// "https://login.microsoftonline.us" and
	// "https://monitor.azure.us//.default".
	Authority string `mapstructure:"authority"`
	Scope     string `mapstructure:"scope"`
	// Gzip compresses alerts. Default: true.
	Gzip bool `mapstructure:"gzip"`
	// HTTP is whom to reach, through what, and whom to trust.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; what names the rule and who we are is
// still to be set.
func DefaultConfig() Config {
	return Config{Stream: "Custom-GatehoundAlerts_CL", Authority: "https://login.microsoftonline.com",
		Scope: "https://monitor.azure.com//.default", Gzip: true}
}

func (c *Config) secret() outbound.Source {
	return outbound.Source{Value: c.ClientSecret, File: c.ClientSecretFile, Env: c.ClientSecretEnv}
}

var (
	ruleID     = regexp.MustCompile(`^dcr-[0-9a-f]{32}$`)
	streamName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,99}$`)
	// A tenant is a GUID or a domain, an application a GUID.
	directory = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$`)
	scope     = regexp.MustCompile(`^https://[\x21-\x7e]{1,200}$`)
)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	for key, val := range map[string]string{"endpoint": c.Endpoint, "authority": c.Authority} {
		if _, err := c.base(key, val); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		key, val, want string
		form           *regexp.Regexp
	}{
		{"rule_id", c.RuleID, "dcr- and 32 hexadecimal digits", ruleID},
		{"stream", c.Stream, "1 to 100 of letters, digits, _ and -", streamName},
		{"tenant_id", c.TenantID, "the directory's id or domain", directory},
		{"client_id", c.ClientID, "the application's id", directory},
		{"scope", c.Scope, "https://…/.default", scope},
	} {
		if !f.form.MatchString(f.val) {
			return fmt.Errorf("%s is %q: want %s", f.key, f.val, f.want)
		}
	}
	if err := c.secret().Check("client_secret", false); err != nil {
		return err
	}
	return c.HTTP.Validate()
}

func (c *Config) base(key, val string) (*url.URL, error) {
	u, err := c.HTTP.URL(key, val)
	if err == nil && (u.RawQuery != "" || u.Fragment != "") {
		return nil, errors.New(key + " has a query: want https://host")
	}
	return u, err
}
