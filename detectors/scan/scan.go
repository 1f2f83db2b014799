package scan

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// watch is the detector for one kind of caller: principals, and addresses for
// what comes without a principal.
type watch struct {
	kind schemas.EntityKind
	c    Config
}

var _ detectors.Detector[state, crowd] = (*watch)(nil)

// Watchers returns the family's watchers. The settings must be valid.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{
		detectors.Watch(&watch{schemas.EntityAddress, c}),
		detectors.Watch(&watch{schemas.EntityPrincipal, c}),
	}, nil
}

// Spec implements detectors.Detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "scan." + d.kind.String(), Entity: d.kind, Window: 5 * time.Minute, MinEvents: 3, Share: 2,
		Wants: d.wants, Techniques: []schemas.Technique{probing, wordlist, aiScanning}, Among: "status >= 400",
		Signs: func(rule string, ev *schemas.Event) bool {
			return ev.Status >= 400 || rule != "scan.paths" && rule != "scan.sensitive"
		},
	}
}

// wants takes what was refused, what is no model call, and model calls of
// clients that call themselves something that does not call models.
func (d *watch) wants(ev *schemas.Event) bool {
	if detectors.Named(ev) != (d.kind == schemas.EntityPrincipal) && !d.hearsay(ev) || !ev.Has(schemas.HasStatus) {
		return false
	}
	return ev.Status >= 400 && ev.Status < 500 || ev.Operation == "" || stranger(ev.ClientClass)
}

// hearsay tells, for addresses, of a refusal to a name of which the log does not
// say whether it was proved: some gateways log what a client calls itself on
// routes that ask for no credential, and a scanner can take another name each time.
func (d *watch) hearsay(ev *schemas.Event) bool {
	return d.kind == schemas.EntityAddress && ev.Auth == schemas.AuthUnknown && ev.Status >= 400
}

// stranger tells of a client that says it is none that calls models.
func stranger(c schemas.ClientClass) bool {
	return c == schemas.ClientScanner || c == schemas.ClientCrawler || c == schemas.ClientAICrawler
}

// refused tells that a request was refused for what it asked for. A 401 speaks
// of the credential, so it counts only where there is no such path.
func refused(ev *schemas.Event) bool {
	switch ev.Status {
	case 400, 403, 404, 405:
		return true
	case 401:
		return ev.Route == other
	}
	return false
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *state, ev *schemas.Event) {
	if x.Callers > 0 && d.hearsay(ev) && ev.Principal != "" {
		return // principals got in from here, so the names are those of callers
	}
	w := &s.Window[x.Slot]
	bad, good := refused(ev), ev.Status >= 200 && ev.Status < 300
	s.Seen = max(s.Seen, x.Now)
	s.SelfNamed = ev.ClientClass
	if w.Events < math.MaxUint32 {
		w.Events++
	}
	if bad {
		w.Refused++
	}
	if ev.Operation != "" {
		d.model(x, s, w, ev, bad, good)
		return
	}
	if ev.Path == "" || !bad && !good {
		return
	}
	k, asset := classify(ev.Path, ev.Query)
	switch {
	case bad && !asset:
		d.path(x, s, ev, k)
	case good && k != plain:
		w.Served |= 1 << k
		d.served(x, s, w, k)
	}
	if ev.Status != 400 && ev.Status != 405 {
		d.object(x, s, ev, good)
	}
	if good && !asset && d.kind == schemas.EntityAddress && ev.Method == "GET" && (visitor(ev.ClientClass) || s.Objects.ordered()) {
		s.Pages.add(x.Now, x.Hash(ev.Path))
	}
}

// visitor tells of a client that reads pages. Programs of callers read much,
// too, and the log may just not name them: of those only what they read in the
// order of numbers counts.
func visitor(c schemas.ClientClass) bool {
	return c == schemas.ClientBrowser || c == schemas.ClientEmpty || stranger(c)
}

// model takes in a model call.
func (d *watch) model(x *detectors.Context, s *state, w *window, ev *schemas.Event, bad, good bool) {
	if good && ev.Auth == schemas.AuthSuccess && w.Calls < math.MaxUint32 {
		w.Calls++
	}
	if !bad || ev.Model == "" || ev.Status == 405 {
		return
	}
	if s.Models.on(x.Now, pause) {
		s.ModelSet = 0
	}
	s.ModelSet.Add(x.Hash(ev.Model))
}

// path takes in a path that was refused.
func (d *watch) path(x *detectors.Context, s *state, ev *schemas.Event, k kind) {
	if s.Paths.add(x.Now, thing(x, ev)) {
		s.Sensitive, s.Posing, s.Kinds = 0, 0, 0
	}
	h := x.Hash(ev.Path)
	if k != plain {
		s.Sensitive.Add(h)
		s.Kinds |= 1 << k
	}
	if ev.ClientClass != schemas.ClientSDK {
		return
	}
	if first, _ := cut(ev.Path); k != plain || browsed[first] {
		s.Posing.Add(h)
	}
}

// posing is how many different paths that no SDK asks for tell a scanner that
// calls itself one, enough is how many sensitive paths have to be refused to a caller before one
// that is answered counts: a server that answers everything gives nothing away.
const enough, posing = 3, 5

// served judges a sensitive path that was answered, at once.
func (d *watch) served(x *detectors.Context, s *state, w *window, k kind) {
	if s.Sensitive.Count() < enough || x.Now-s.Paths.Run.Last > int64(pause) {
		return
	}
	if s.speak(ruleServed, x.Now, daily, servedSeverity(k)) {
		x.Emit(d.servedFinding(s, w, k, s.Sensitive.Count()))
	}
}

// object takes in a request for an object by its id.
func (d *watch) object(x *detectors.Context, s *state, ev *schemas.Event, good bool) {
	if ev.Route == other || !good && ev.Status != 403 && ev.Status != 404 {
		return
	}
	name, number, numbered := object(ev.Route, ev.Path)
	if name == "" {
		return
	}
	s.Objects.add(x.Now, x.Hash(ev.Route), x.Hash(name), number, numbered, good, ev.Status == 403)
	if s.Objects.Run.Events >= walkEnd {
		d.ids(x, s, &s.Window[x.Slot])
		s.Objects = walk{}
	}
}

// walkEnd is the number of requests after which a walk is judged and another
// begins: with many more the bitmaps are full.
const walkEnd = 300

// speak tells whether a rule that is met now says so: it is quiet until what
// it saw was absent for that long, or is more severe, so that nobody hides the
// worse behind the lesser.
func (s *state) speak(rule int, now int64, quiet time.Duration, severity schemas.Severity) bool {
	was := s.Met[rule]
	s.Met[rule] = max(was, now)
	fresh := was == 0 || now-was > int64(quiet)
	if fresh || severity > s.Severe[rule] {
		s.Severe[rule] = severity
		return true
	}
	return false
}

// silent tells that a rule would not speak, and changes nothing.
func (s *state) silent(rule int, now int64, quiet time.Duration) bool {
	return s.Met[rule] != 0 && now-s.Met[rule] <= int64(quiet)
}
