package redact

import "fmt"

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

// Config is the privacy policy, by field of the event. What is not listed is
// always masked; credentials are always fingerprints, prompts are always
// dropped.
type Config struct {
	// KeyFile is the key ring's file. Default "": the application's own place
	// in its data folder. The file is made if it is not there.
	KeyFile string `mapstructure:"key_file"`

	// Principal, default pseudonymize. Under keep and mask a value that holds
	// a secret or is longer than 40 bytes becomes a pseudonym all the same,
	// under mask also one that holds personal data: a caller keeps an identity
	// of its own.
	Principal Action `mapstructure:"principal"`
	// EndUser, default pseudonymize, as Principal.
	EndUser Action `mapstructure:"end_user"`
	// ClientAddress, default pseudonymize: prefix-preserving (Crypto-PAn).
	ClientAddress Action `mapstructure:"client_address"`
	// Path, default mask.
	Path Action `mapstructure:"path"`
	// Query, default mask. The values of parameters with telling names go also
	// under keep.
	Query Action `mapstructure:"query"`
	// UserAgent, default mask.
	UserAgent Action `mapstructure:"user_agent"`
	// RequestID, default mask. Ids in the shape of ids stay.
	RequestID Action `mapstructure:"request_id"`
	// Host, default mask.
	Host Action `mapstructure:"host"`
	// Tenant, default mask.
	Tenant Action `mapstructure:"tenant"`
	// Gateway, default mask.
	Gateway Action `mapstructure:"gateway"`
}

// DefaultConfig returns the default policy.
func DefaultConfig() Config {
	return Config{
		Principal: Pseudonymize, EndUser: Pseudonymize, ClientAddress: Pseudonymize,
		Path: Mask, Query: Mask, UserAgent: Mask, RequestID: Mask, Host: Mask, Tenant: Mask, Gateway: Mask,
	}
}

// Validate reports the first field whose action is unknown.
func (c *Config) Validate() error {
	for _, f := range []struct {
		key    string
		action Action
	}{
		{"principal", c.Principal}, {"end_user", c.EndUser}, {"client_address", c.ClientAddress},
		{"path", c.Path}, {"query", c.Query}, {"user_agent", c.UserAgent}, {"request_id", c.RequestID},
		{"host", c.Host}, {"tenant", c.Tenant}, {"gateway", c.Gateway},
	} {
		switch f.action {
		case Keep, Mask, Pseudonymize, Drop:
		default:
			return fmt.Errorf("%s: %q is no action: want keep, mask, pseudonymize or drop", f.key, f.action)
		}
	}
	return nil
}
