package redact

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Action is what happens to a field.
type Action string

// The actions. Secrets and control characters are taken out under each of
// them: an action decides on personal data.
const (
	// Keep leaves the text as it is, but for secrets and control characters.
	Keep Action = "keep"
	// Mask replaces the personal data that is recognised in the text by
	// markers. Of a client's address it zeroes the part that names the host:
	// the last 8 bits of IPv4, the last 64 of IPv6.
	Mask Action = "mask"
	// Pseudonymize replaces the whole value by a keyed pseudonym: a client's
	// address by one of the same network, every other value by "h1:…".
	Pseudonymize Action = "pseudonymize"
	// Drop empties the field.
	Drop Action = "drop"
)

// The ways in which tenants' pseudonyms relate.
const (
	// Shared gives a caller one pseudonym under all tenants.
	Shared = "shared"
	// Separate derives a key for each tenant.
	Separate = "separate"
)

// Config is the privacy policy, by field of the event. A field that is empty
// has the action of the preset. What is not listed is always masked;
// credentials are always fingerprints, texts of prompts never pass.
type Config struct {
	// KeyFile is the key ring's file. Default "": the application's own place
	// in its data folder. The file is made if it is not there.
	KeyFile string `mapstructure:"key_file"`
	// Preset gives every field an action: "strict", "balanced" (default) or
	// "forensic". The README has the table.
	Preset string `mapstructure:"preset"`
	// Tenants is "shared" (default): a caller has one pseudonym whatever the
	// tenant; or "separate": pseudonyms and fingerprints of credentials are
	// under a key for each tenant, so that nobody can tell that two tenants
	// have a caller in common, and no campaign over tenants is found by its
	// credentials.
	Tenants string `mapstructure:"tenants"`
	// Overlap is how long after a rotation pseudonyms under the former key are
	// joined to those under the new one: 0 (never) to 9600h, default 720h.
	Overlap time.Duration `mapstructure:"overlap"`
	// SelfScan has one in so many events scanned once more, by other means, in
	// production; 0 scans none. 0 to 1000000, default 1000.
	SelfScan int `mapstructure:"self_scan"`

	// Principal. Under keep and mask a value that holds a secret or is longer
	// than 40 bytes becomes a pseudonym all the same, under mask also one that
	// holds personal data: a caller keeps an identity of its own. Default "":
	// the preset's.
	Principal Action `mapstructure:"principal"`
	// EndUser, as principal. Default "": the preset's.
	EndUser Action `mapstructure:"end_user"`
	// ClientAddress; its pseudonym is prefix-preserving (Crypto-PAn). Default
	// "": the preset's.
	ClientAddress Action `mapstructure:"client_address"`
	// Path. Default "": the preset's.
	Path Action `mapstructure:"path"`
	// Query. The values of parameters with telling names go also under keep.
	// Default "": the preset's.
	Query Action `mapstructure:"query"`
	// UserAgent. The client's class is kept in any case. Default "": the
	// preset's.
	UserAgent Action `mapstructure:"user_agent"`
	// RequestID. Ids in the shape of ids stay under mask. Default "": the
	// preset's.
	RequestID Action `mapstructure:"request_id"`
	// Host. Default "": the preset's.
	Host Action `mapstructure:"host"`
	// Tenant. Default "": the preset's.
	Tenant Action `mapstructure:"tenant"`
	// Gateway. Default "": the preset's.
	Gateway Action `mapstructure:"gateway"`
	// TLS is the version, cipher or fingerprint of the client's connection.
	// Default "": the preset's.
	TLS Action `mapstructure:"tls"`
	// PromptFeatures is keep or drop: whether prompts are measured and
	// fingerprinted at all. Default "": the preset's.
	PromptFeatures Action `mapstructure:"prompt_features"`

	// Datasets are policies of their own for some topics and formats. Of those
	// that match a record the first applies. At most 64.
	Datasets []Dataset `mapstructure:"datasets"`
}

// Dataset is the policy of the records of some topics and formats. Its fields
// are as in Config; one that is empty has the action of the dataset's preset,
// or, if that is empty too, what holds without the dataset.
type Dataset struct {
	// Name is for people.
	Name string `mapstructure:"name"`
	// Match says which records are meant.
	Match Match `mapstructure:"match"`
	// Preset, "" for none of its own.
	Preset         string `mapstructure:"preset"`
	Principal      Action `mapstructure:"principal"`
	EndUser        Action `mapstructure:"end_user"`
	ClientAddress  Action `mapstructure:"client_address"`
	Path           Action `mapstructure:"path"`
	Query          Action `mapstructure:"query"`
	UserAgent      Action `mapstructure:"user_agent"`
	RequestID      Action `mapstructure:"request_id"`
	Host           Action `mapstructure:"host"`
	Tenant         Action `mapstructure:"tenant"`
	Gateway        Action `mapstructure:"gateway"`
	TLS            Action `mapstructure:"tls"`
	PromptFeatures Action `mapstructure:"prompt_features"`
}

// Match names topics and formats. An empty list means all; both must hold, and
// one of them must not be empty.
type Match struct {
	// Topics are names of topics or files; one that ends in "*" means all that
	// begin so.
	Topics []string `mapstructure:"topics"`
	// Formats are names of log formats.
	Formats []string `mapstructure:"formats"`
}

const maxDatasets = 64

// DefaultConfig returns the default policy.
func DefaultConfig() Config {
	return Config{Preset: "balanced", Tenants: Shared, Overlap: 720 * time.Hour, SelfScan: 1000}
}

// actions lists the actions of c in the order of the fields.
func (c *Config) actions() actions {
	return actions{c.Principal, c.EndUser, c.ClientAddress, c.Path, c.Query, c.UserAgent, c.RequestID,
		c.Host, c.Tenant, c.Gateway, c.TLS, c.PromptFeatures}
}

func (d *Dataset) actions() actions {
	return actions{d.Principal, d.EndUser, d.ClientAddress, d.Path, d.Query, d.UserAgent, d.RequestID,
		d.Host, d.Tenant, d.Gateway, d.TLS, d.PromptFeatures}
}

// Validate reports the first setting that cannot be used.
func (c *Config) Validate() error {
	if _, ok := presets[c.Preset]; !ok {
		return fmt.Errorf("preset: %q is no preset: want strict, balanced or forensic", c.Preset)
	}
	if c.Tenants != Shared && c.Tenants != Separate {
		return fmt.Errorf("tenants: %q is unknown: want shared or separate", c.Tenants)
	}
	if c.Overlap < 0 || c.Overlap > 9600*time.Hour {
		return fmt.Errorf("overlap: %v is out of bounds: want 0 to 9600h", c.Overlap)
	}
	if c.SelfScan < 0 || c.SelfScan > 1_000_000 {
		return fmt.Errorf("self_scan: %d is out of bounds: want 0 to 1000000", c.SelfScan)
	}
	if err := c.actions().validate(""); err != nil {
		return err
	}
	if len(c.Datasets) > maxDatasets {
		return fmt.Errorf("datasets: %d are too many: want at most %d", len(c.Datasets), maxDatasets)
	}
	base := c.actions().over(presets[c.Preset])
	if err := c.separable("", base); err != nil {
		return err
	}
	for i := range c.Datasets {
		d, at := &c.Datasets[i], fmt.Sprintf("datasets[%d].", i)
		if err := d.validate(at); err != nil {
			return err
		}
		if err := c.separable(at, d.resolved(base)); err != nil {
			return err
		}
	}
	return nil
}

// separable refuses separate tenants where the tenant is not in the event: who
// forgets a person could not find all pseudonyms.
func (c *Config) separable(at string, a actions) error {
	if c.Tenants == Separate && a[fieldTenant] != Keep && a[fieldTenant] != Mask {
		return fmt.Errorf("%stenant: %q does not go with tenants: separate, whose keys are derived from it: want keep or mask", at, a[fieldTenant])
	}
	return nil
}

func (d *Dataset) validate(at string) error {
	if _, ok := presets[d.Preset]; !ok && d.Preset != "" {
		return fmt.Errorf("%spreset: %q is no preset: want strict, balanced, forensic or nothing", at, d.Preset)
	}
	if len(d.Match.Topics)+len(d.Match.Formats) == 0 {
		return errors.New(at + "match: it would match everything: want topics, formats or both")
	}
	if slices.Contains(d.Match.Topics, "") || slices.Contains(d.Match.Formats, "") {
		return errors.New(at + "match: it has an empty name")
	}
	return d.actions().validate(at)
}

// resolved returns the actions of the dataset's records; base holds without it.
func (d *Dataset) resolved(base actions) actions {
	if p, ok := presets[d.Preset]; ok {
		base = p
	}
	return d.actions().over(base)
}

func (m *Match) matches(topic, format string) bool {
	named := func(list []string, name string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(want string) bool {
			if prefix, ok := strings.CutSuffix(want, "*"); ok {
				return strings.HasPrefix(name, prefix)
			}
			return want == name
		})
	}
	return named(m.Topics, topic) && named(m.Formats, format)
}

// StoresAddresses tells whether some dataset has the action for clients'
// addresses: whether they are kept as they are, or can be revealed.
func (c *Config) StoresAddresses(action Action) bool {
	base := c.actions().over(presets[c.Preset])
	does := base[fieldClientAddress] == action
	for i := range c.Datasets {
		a := c.Datasets[i].resolved(base)
		does = does || a[fieldClientAddress] == action
	}
	return does
}
