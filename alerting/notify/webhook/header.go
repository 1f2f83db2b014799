package webhook

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Header is a header that goes with every request. Its value is a secret.
type Header struct {
	// Name is the header's name.
	Name string `mapstructure:"name"`
	// Value is its value, ValueFile a file that holds it, ValueEnv an
	// environment variable; one of the three is needed. 1 to 4096 visible
	// characters of ASCII and spaces.
	Value     outbound.Secret `mapstructure:"value"`
	ValueFile string          `mapstructure:"value_file"`
	ValueEnv  string          `mapstructure:"value_env"`
}

// maxHeaders bounds Config.Headers.
const maxHeaders = 16

var (
	headerName  = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	headerValue = regexp.MustCompile(`^[\x20-\x7e]+$`)
)

// ours are headers that a setting cannot change, besides Webhook-….
var ours = map[string]bool{
	"Host": true, "Content-Type": true, "Content-Length": true, "Content-Encoding": true, "Transfer-Encoding": true,
	"Connection": true, "Te": true, "Trailer": true, "Upgrade": true, "Expect": true, "Proxy-Authorization": true,
	"Proxy-Connection": true, "Keep-Alive": true, "User-Agent": true, "Accept-Encoding": true,
}

func (h *Header) source() outbound.Source {
	return outbound.Source{Value: h.Value, File: h.ValueFile, Env: h.ValueEnv}
}

// canonical returns the name as requests have it.
func (h *Header) canonical() string { return textproto.CanonicalMIMEHeaderKey(h.Name) }

func (h *Header) validate() error {
	name := h.canonical()
	switch {
	case !headerName.MatchString(h.Name):
		return errors.New("name: want 1 to 64 letters, digits and -")
	case ours[name] || strings.HasPrefix(name, "Webhook-"):
		return fmt.Errorf("name is %q: it cannot be set", name)
	}
	return h.source().Check("value", false)
}

// read returns the value.
func (h *Header) read() (string, error) {
	value, err := h.source().Read("value")
	if err == nil && (len(value) > 4096 || !headerValue.MatchString(value)) {
		err = errors.New("value: want 1 to 4096 visible characters of ASCII")
	}
	return value, err
}
