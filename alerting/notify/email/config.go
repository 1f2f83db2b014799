package email

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"regexp"
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of an e-mail sink.
type Config struct {
	// Host is the name or the address of the mail server. Needed.
	Host string `mapstructure:"host"`
	// Port is its port: 1 to 65535. Default 0, which is 587 for "starttls", 465 for
	// "tls" and 25 for "none".
	Port int `mapstructure:"port"`
	// Encryption is "starttls" (default), which sends nothing before the connection
	// is encrypted and gives up if the server does not offer it, "tls", which
	// encrypts from the start, or "none", which is for a server on this machine.
	Encryption string `mapstructure:"encryption"`
	// AllowPlain allows "none" to other machines: alerts go over the network in the
	// clear. A password never does. Default: false.
	AllowPlain bool `mapstructure:"allow_plain"`
	// Username and Password are for servers that want them (PLAIN or LOGIN).
	// PasswordFile is a file that holds the password, PasswordEnv an environment
	// variable. Default: empty; both or none.
	Username     string          `mapstructure:"username"`
	Password     outbound.Secret `mapstructure:"password"`
	PasswordFile string          `mapstructure:"password_file"`
	PasswordEnv  string          `mapstructure:"password_env"`
	// From is the sender: "gatehound@example.com" or "Gatehound
	// <gatehound@example.com>". Needed.
	From string `mapstructure:"from"`
	// To and Cc are who gets it. Default: empty; 1 to 50 in all, at least one To.
	To []string `mapstructure:"to"`
	Cc []string `mapstructure:"cc"`
	// SubjectPrefix begins every subject. Default "[Gatehound]"; at most 50
	// characters.
	SubjectPrefix string `mapstructure:"subject_prefix"`
	// Hello is the name by which we greet the server. Default "localhost"; some
	// relays want a name that resolves.
	Hello string `mapstructure:"hello"`
	// TLS says whom to trust and who to be. Default: the system's authorities.
	TLS outbound.TLS `mapstructure:"tls"`
}

// The values of Config.Encryption.
const (
	StartTLS = "starttls"
	TLS      = "tls"
	None     = "none"
)

// maxReceivers bounds To and Cc together; servers take 100 at least (RFC 5321,
// section 4.5.3.1.8).
const maxReceivers = 50

// DefaultConfig returns the defaults; host, sender and receivers are still to be
// set.
func DefaultConfig() Config {
	return Config{Encryption: StartTLS, SubjectPrefix: "[Gatehound]", Hello: "localhost"}
}

func (c *Config) password() outbound.Source {
	return outbound.Source{Value: c.Password, File: c.PasswordFile, Env: c.PasswordEnv}
}

var (
	hostForm  = regexp.MustCompile(`^[A-Za-z0-9.:_-]{1,253}$`)
	asciiForm = regexp.MustCompile(`^[!-~]{3,254}$`)
)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	switch {
	case !hostForm.MatchString(c.Host):
		return errors.New("host: want the name or the address of a mail server")
	case c.Port < 0 || c.Port > 65535:
		return fmt.Errorf("port is %d: want 1 to 65535, or 0 for that of the encryption", c.Port)
	case c.Encryption != StartTLS && c.Encryption != TLS && c.Encryption != None:
		return errors.New(`encryption: want "starttls", "tls" or "none"`)
	case c.Encryption == None && !c.AllowPlain && !c.own():
		return errors.New(`encryption is "none" to another machine: want "starttls" or "tls", or allow_plain`)
	case c.Encryption == None && c.Username != "" && !c.own():
		return errors.New(`username is set with encryption "none": a password is not sent in the clear`)
	case len(c.SubjectPrefix) > 50:
		return fmt.Errorf("subject_prefix has %d characters: want at most 50", len(c.SubjectPrefix))
	case !hostForm.MatchString(c.Hello):
		return errors.New("hello: want a host name")
	case len(c.To) == 0:
		return errors.New("to is empty: want at least one address")
	case len(c.To)+len(c.Cc) > maxReceivers:
		return fmt.Errorf("to and cc have %d addresses: want at most %d", len(c.To)+len(c.Cc), maxReceivers)
	case (c.Username == "") != (c.password() == outbound.Source{}):
		return errors.New("username and password: want both or none")
	}
	if err := c.password().Check("password", true); err != nil {
		return err
	}
	if _, err := address("from", c.From); err != nil {
		return err
	}
	if _, err := addresses("to", c.To); err != nil {
		return err
	}
	if _, err := addresses("cc", c.Cc); err != nil {
		return err
	}
	return c.TLS.Validate()
}

// own reports whether the server is on this machine.
func (c *Config) own() bool {
	a, err := netip.ParseAddr(c.Host)
	return c.Host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

func (c *Config) port() int {
	switch {
	case c.Port != 0:
		return c.Port
	case c.Encryption == TLS:
		return 465
	case c.Encryption == None:
		return 25
	}
	return 587
}

func addresses(key string, texts []string) ([]*mail.Address, error) {
	var out []*mail.Address
	for i, text := range texts {
		a, err := address(fmt.Sprintf("%s[%d]", key, i), text)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// address reads an address in ASCII: others need a server with SMTPUTF8.
func address(key, text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || !asciiForm.MatchString(a.Address) || strings.ContainsAny(a.Address, "<>\"") {
		return nil, fmt.Errorf("%s is no e-mail address: want name@host, or Name <name@host>", key)
	}
	return a, nil
}
