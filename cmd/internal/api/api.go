// Package api lets people and programs work with alerts over HTTP: the verbs of
// alerting.Desk under /api/v1, as openapi.json describes them, and a client that
// is a Desk itself. Who may do what is package gate's matter; this package asks
// it before anything else is looked at. It keeps nothing but what it needs to
// answer a repeated request as it did the first time.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/repeat"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// Server is the API. New makes it inert; Run serves until its context ends.
type Server struct {
	cfg      Config
	desk     alerting.Desk
	more     http.Handler
	log      *slog.Logger
	metrics  *metrics
	tokens   *gate.Tokens
	rate     *gate.Rate
	repeats  *repeat.Answers
	loopback bool
	listener net.Listener
	server   *http.Server
	mux      *http.ServeMux
	verbs    map[string]*Operation // by the mux's pattern
}

// New reads the tokens and the certificate, makes the local token if
// cfg.LocalTokenFile names a file that is not there, and listens, so that Addr is
// known and a port that is taken is told at once. more, if it is not nil, gets
// what Slack posts to /slack/interactions; it has to check who asks itself.
func New(cfg Config, desk alerting.Desk, more http.Handler, log *slog.Logger, reg prometheus.Registerer) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("api.%w", err)
	}
	s := &Server{cfg: cfg, desk: desk, more: more, log: log, repeats: repeat.New()}
	local := ""
	if cfg.LocalTokenFile != "" {
		token, made, err := gate.LocalToken(cfg.LocalTokenFile)
		if err != nil {
			return nil, fmt.Errorf("api: %w", err)
		}
		if local = token; made {
			log.Info("made a token for the commands on this machine", "file", cfg.LocalTokenFile)
		}
	}
	var err error
	if s.tokens, err = gate.NewTokens(cfg.Tokens, local); err != nil {
		return nil, err
	}
	s.rate = gate.NewRate(cfg.Rate, cfg.Burst, s.tokens.Len())
	if s.metrics, err = newMetrics(reg); err != nil {
		return nil, fmt.Errorf("register metrics of the API: %w", err)
	}
	s.route()
	s.server = &http.Server{
		Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: cfg.ReadTimeout / 3, ReadTimeout: cfg.ReadTimeout,
		WriteTimeout: cfg.WriteTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: 32}, // of each of the connections
		ErrorLog: slog.NewLogLogger(quiet{log.Handler()}, slog.LevelDebug),
	}
	if cfg.TLS.CertFile != "" {
		cert, err := gate.NewCertificate(cfg.TLS.CertFile, cfg.TLS.KeyFile, log)
		if err != nil {
			return nil, err
		}
		s.server.TLSConfig = cert.TLS()
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("api.listen: %w", err)
	}
	host, _, _ := net.SplitHostPort(cfg.Listen) // Validate has split it
	s.loopback = wire.IsLoopback(host)
	s.listener = gate.Bounded(l, cfg.MaxConnections)
	return s, nil
}

// Check reads what the settings name, tokens and certificate, and listens nowhere.
func Check(cfg Config, log *slog.Logger) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("api.%w", err)
	}
	_, err := gate.NewTokens(cfg.Tokens, "")
	if err == nil && cfg.TLS.CertFile != "" {
		_, err = gate.NewCertificate(cfg.TLS.CertFile, cfg.TLS.KeyFile, log)
	}
	return err
}

// Addr returns the address that is served.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL returns where the API is.
func (s *Server) URL() string {
	if s.cfg.TLS.CertFile != "" {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// stopAfter is how long requests may go on after the stop.
const stopAfter = 2 * time.Second

// Run serves until ctx is done, then lets requests end for two seconds.
func (s *Server) Run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		if s.cfg.TLS.CertFile != "" {
			done <- s.server.ServeTLS(s.listener, "", "")
		} else {
			done <- s.server.Serve(s.listener)
		}
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serve the API: %w", err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopAfter)
	defer cancel()
	err := s.server.Shutdown(bounded)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	if served := <-done; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	return err
}

// Close gives the port back without serving; Run does so itself.
func (s *Server) Close() error { return s.listener.Close() }

// quiet keeps the texts of net/http, which may quote what was sent, out of the
// log: that something was refused on the way is all that it says.
type quiet struct{ slog.Handler }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	return q.Handler.Handle(ctx, slog.NewRecord(r.Time, r.Level, "a connection to the API was refused or broke", 0))
}
