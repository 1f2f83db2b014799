package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// interactions is where Slack posts what people press.
const interactions = "/slack/interactions"

// maxInteraction bounds what Slack posts: a message with its blocks.
const maxInteraction = 256 << 10

type callKey struct{}

// serve answers one request: the order of its steps is what keeps strangers out.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{server: s, r: r, now: time.Now()}
	rec := &recorder{ResponseWriter: w}
	c.w = rec
	verb := "none"
	defer func() {
		failure := recover()
		cut, _ := failure.(error)
		if failure != nil && !errors.Is(cut, http.ErrAbortHandler) {
			s.log.Error("a request to the api panicked", "verb", verb, "stack", string(debug.Stack()))
			if rec.status == 0 {
				wire.NewProblem(http.StatusInternalServerError, "internal", "it did not work", "the service's log says where").Write(rec)
			}
		}
		took := time.Since(c.now)
		s.metrics.done(verb, rec.code(), took)
		s.log.Debug("api request", "verb", verb, "code", rec.code(), "caller", c.caller.Name, "took", took)
		if errors.Is(cut, http.ErrAbortHandler) {
			panic(failure) // net/http closes the connection, so that the client sees that something is missing
		}
	}()
	h := rec.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if s.more != nil && r.URL.Path == interactions && r.Method == http.MethodPost {
		verb = "slack_interaction"
		if wait := s.rate.Address(remote(r), c.now); wait > 0 {
			c.fail(s.tooFast(wait))
			return
		}
		r.Body = http.MaxBytesReader(rec, r.Body, maxInteraction)
		s.more.ServeHTTP(rec, r)
		return
	}
	if !s.knows(r) {
		s.metrics.refused.WithLabelValues(refusedHost).Inc()
		c.fail(wire.NewProblem(http.StatusMisdirectedRequest, "host", "the API is not called by this name",
			"use http://127.0.0.1 with the port of api.listen, or add the name to api.hosts in the configuration"))
		return
	}
	if err := s.authenticate(c); err != nil {
		c.fail(err)
		return
	}
	op, err := s.find(rec, r)
	if err != nil {
		c.fail(err)
		return
	}
	verb, c.op = op.Verb, op
	if c.caller.Role < op.Role {
		s.metrics.refused.WithLabelValues(refusedRole).Inc()
		c.fail(wire.NewProblem(http.StatusForbidden, "role", "the token's role does not allow this",
			"this wants the role "+op.Role.String()+", the token has "+c.caller.Role.String()+": take another token of api.tokens"))
		return
	}
	if c.by, err = person(r, c.caller); err != nil {
		c.fail(err)
		return
	}
	if err := c.read(); err != nil {
		c.fail(err)
		return
	}
	who := strconv.Itoa(c.caller.Index) + " " + c.by
	if p := s.repeats.Run(rec, r, who, c.data, c.now, func(w http.ResponseWriter) {
		s.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
	}); p != nil {
		c.fail(p)
	}
}

// authenticate finds out whose token the request has, and counts the request.
// Requests with a token never wait for those without: one cannot lock the other
// out from behind the same proxy.
func (s *Server) authenticate(c *call) error {
	caller, ok := s.tokens.Find(bearer(c.r))
	if ok {
		c.caller = caller
		if wait := s.rate.Token(caller.Index, c.now); wait > 0 {
			return s.tooFast(wait)
		}
		return nil
	}
	if wait := s.rate.Address(remote(c.r), c.now); wait > 0 {
		return s.tooFast(wait)
	}
	s.metrics.refused.WithLabelValues(refusedToken).Inc()
	return wire.NewProblem(http.StatusUnauthorized, "token", "a valid token is missing",
		"send `Authorization: Bearer TOKEN` with a token of api.tokens, or on the same machine that of api-token in the data folder")
}

func (s *Server) tooFast(wait time.Duration) *wire.Problem {
	s.metrics.refused.WithLabelValues(refusedRate).Inc()
	p := wire.NewProblem(http.StatusTooManyRequests, "rate", "too many requests", "wait for as long as Retry-After says, or raise api.rate and api.burst")
	p.Wait = wait
	return p
}

// bearer returns the token of the request, or a text that is none.
func bearer(r *http.Request) string {
	all := r.Header.Values("Authorization")
	if len(all) != 1 || len(all[0]) > gate.MaxToken+16 {
		return ""
	}
	scheme, token, _ := strings.Cut(all[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// remote returns the address that the request comes from.
func remote(r *http.Request) netip.Addr {
	a, _ := netip.ParseAddrPort(r.RemoteAddr) // an address that is none counts as the zero one
	return a.Addr()
}

// knows reports whether the API is meant by the name in the request. A page of
// some other name that was made to resolve to this machine is not.
func (s *Server) knows(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if wire.IsLoopback(host) || slices.ContainsFunc(s.cfg.Hosts, func(h string) bool { return strings.EqualFold(strings.Trim(h, "[]"), host) }) {
		return true
	}
	if s.loopback {
		return false
	}
	if len(s.cfg.Hosts) == 0 {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	at, _, err := net.SplitHostPort(local.String())
	return err == nil && at == host
}

// find returns the operation that the request is for.
func (s *Server) find(w http.ResponseWriter, r *http.Request) (*Operation, error) {
	none := wire.NewProblem(http.StatusNotFound, "no-operation", "there is no such operation", "GET /api/v1/openapi.json describes all of them")
	if path.Clean(r.URL.Path) != r.URL.Path || !strings.HasPrefix(r.URL.Path, wire.Base+"/") {
		return nil, none
	}
	h, pattern := s.mux.Handler(r)
	if op := s.verbs[pattern]; op != nil {
		return op, nil
	}
	probe := &recorder{ResponseWriter: &discard{header: http.Header{}}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.Header().Get("Allow"))
		return nil, wire.NewProblem(http.StatusMethodNotAllowed, "method", "the method is not allowed here", "the header Allow has those that are")
	}
	return nil, none
}

// person returns who does it: the token's name, with the person on whose behalf
// its client says that it asks.
func person(r *http.Request, caller gate.Caller) (string, error) {
	all := r.Header.Values(wire.OnBehalfOf)
	if len(all) == 0 {
		return caller.Name, nil
	}
	if len(all) > 1 || len(all[0]) > 1024 || !utf8.ValidString(all[0]) {
		return "", wire.NewProblem(http.StatusBadRequest, wire.Invalid, wire.OnBehalfOf+" is not allowed", "give one name in UTF-8")
	}
	name := neutral.Text(all[0], wire.MaxPerson)
	if name == "" {
		return caller.Name, nil
	}
	return name + " via " + caller.Name, nil
}

// discard takes an answer that nobody gets.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
