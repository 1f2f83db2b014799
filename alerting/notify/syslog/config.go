package syslog

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// The values of Config.Protocol, Config.Framing, Config.Format and
// Config.Confirm.
const (
	ProtocolTLS = "tls"
	ProtocolTCP = "tcp"

	FramingOctet   = "octet"
	FramingNewline = "newline"

	FormatCEF  = "cef"
	FormatJSON = "json"

	ConfirmClose = "close"
	ConfirmNone  = "none"
)

// Config is the settings of a syslog sink.
type Config struct {
	// Address is the receiver, as host:port; with TLS its certificate has to be
	// for the host. Default: empty; needed. The port of syslog over TLS is 6514.
	Address string `mapstructure:"address"`
	// Protocol is "tls" (default; RFC 5425) or "tcp", which sends in the clear.
	Protocol string `mapstructure:"protocol"`
	// TLS says whom to trust and who to be. Default: the system's authorities.
	TLS outbound.TLS `mapstructure:"tls"`
	// Framing is "octet" (default): each message has its length in front, as
	// RFC 5425 wants and RFC 6587 allows; or "newline": each ends with one.
	Framing string `mapstructure:"framing"`
	// Format is "cef" (default), the Common Event Format, or "json", the
	// envelope of alerting/notify/native.
	Format string `mapstructure:"format"`
	// Facility is a facility of RFC 5424: "auth", "authpriv", "daemon", "user"
	// or "local0" (default) to "local7".
	Facility string `mapstructure:"facility"`
	// Hostname is who the messages are from, 1 to 255 visible ASCII characters.
	// Default: the machine's name.
	Hostname string `mapstructure:"hostname"`
	// AppName is what the messages are from, 1 to 48 visible ASCII characters.
	// Default: "gatehound".
	AppName string `mapstructure:"app_name"`
	// MaxBytes bounds a message: receivers cut or split longer ones. Default
	// 8192, as rsyslog's maxMessageSize; 5120 to 1048576.
	MaxBytes int `mapstructure:"max_bytes"`
	// Confirm is "close" (default): a message counts as delivered once the
	// receiver has read all of it and closed its side; or "none": once it is
	// written, for receivers that keep connections open at any price.
	Confirm string `mapstructure:"confirm"`
}

// DefaultConfig returns the defaults; the address is still to be set.
func DefaultConfig() Config {
	return Config{
		Protocol: ProtocolTLS, Framing: FramingOctet, Format: FormatCEF, Facility: "local0",
		AppName: "gatehound", MaxBytes: 8192, Confirm: ConfirmClose,
	}
}

// minBytes bounds Config.MaxBytes from below: native.Least and the longest header.
const minBytes = 5120

// facilities are the numbers of RFC 5424, section 6.2.1.
var facilities = map[string]int{
	"user": 1, "daemon": 3, "auth": 4, "authpriv": 10, "local0": 16, "local1": 17, "local2": 18, "local3": 19,
	"local4": 20, "local5": 21, "local6": 22, "local7": 23,
}

// Validate checks what can be checked without reading files.
func (c *Config) Validate() error {
	if host, port, err := net.SplitHostPort(c.Address); err != nil || host == "" || port == "" {
		return errors.New("address: want host:port, for example siem.example.com:6514")
	}
	for _, f := range []struct {
		key, value string
		allowed    []string
	}{
		{"protocol", c.Protocol, []string{ProtocolTLS, ProtocolTCP}},
		{"framing", c.Framing, []string{FramingOctet, FramingNewline}},
		{"format", c.Format, []string{FormatCEF, FormatJSON}},
		{"confirm", c.Confirm, []string{ConfirmClose, ConfirmNone}},
	} {
		if !slices.Contains(f.allowed, f.value) {
			return fmt.Errorf("%s is %q: want %s", f.key, f.value, strings.Join(f.allowed, " or "))
		}
	}
	if _, ok := facilities[c.Facility]; !ok {
		return fmt.Errorf("facility is %q: want auth, authpriv, daemon, user or local0 to local7", c.Facility)
	}
	if c.Hostname != "" && !visible(c.Hostname, 255) {
		return errors.New("hostname: want 1 to 255 visible ASCII characters")
	}
	if !visible(c.AppName, 48) {
		return errors.New("app_name: want 1 to 48 visible ASCII characters")
	}
	if c.MaxBytes < minBytes || c.MaxBytes > 1<<20 {
		return fmt.Errorf("max_bytes is %d: want %d to %d", c.MaxBytes, minBytes, 1<<20)
	}
	if c.Protocol == ProtocolTCP && c.TLS != (outbound.TLS{}) {
		return errors.New(`tls is set beside protocol "tcp": want one of them`)
	}
	return c.TLS.Validate()
}

// hostname returns who the messages are from; "-" if that is not known, as RFC
// 5424 wants.
func (c *Config) hostname() string {
	if c.Hostname != "" {
		return c.Hostname
	}
	if name, err := os.Hostname(); err == nil && visible(name, 255) {
		return name
	}
	return "-"
}

// visible tells whether s is 1 to limit characters of RFC 5424's PRINTUSASCII.
func visible(s string, limit int) bool {
	return s != "" && len(s) <= limit && !strings.ContainsFunc(s, func(c rune) bool { return c < '!' || c > '~' })
}
