package client

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// ErrOff is returned if the configuration has no API.
var ErrOff = errors.New("api.listen is empty: there is no API")

// Service is where the service on this machine is: what it listens on, the file of
// its certificate, if it has one, and the file with a token.
type Service struct {
	Listen, CertFile, TokenFile string
}

// Local returns a client of the service on this machine.
func Local(s Service) (*Client, error) {
	if s.Listen == "" {
		return nil, ErrOff
	}
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return nil, errors.New("api.listen is no address")
	}
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		host = "127.0.0.1"
	}
	token, err := gate.ReadToken(s.TokenFile)
	if err != nil {
		return nil, err
	}
	scheme, trust := "http", TLS{}
	if s.CertFile != "" {
		scheme = "https"
		if trust.ServerName, err = nameOf(s.CertFile); err != nil {
			return nil, err
		}
		trust.CAFile = s.CertFile // the very certificate is trusted, whoever signed it
	} else if !wire.IsLoopback(host) {
		host = "127.0.0.1" // allow_plain: the token stays on this machine
	}
	return New(scheme+"://"+net.JoinHostPort(host, port), token, trust)
}

// nameOf returns a name that the certificate in a file is good for.
func nameOf(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read api.tls.cert_file: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", errors.New("read api.tls.cert_file: it has no certificate in PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("read api.tls.cert_file: %w", err)
	}
	switch {
	case len(cert.DNSNames) > 0:
		return strings.Replace(cert.DNSNames[0], "*", "gatehound", 1), nil
	case len(cert.IPAddresses) > 0:
		return cert.IPAddresses[0].String(), nil
	}
	return "", nil
}
