package tune

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
)

// maxKnobs bounds the settings of a detector that are tried.
const maxKnobs = 24

// mainKnobs names the settings that decide how often a detector speaks, by its
// family and by its rule; "*" stands for any one part of a key. A detector that is
// not here is tuned by the first numbers of its Config, which are its thresholds
// by convention.
var mainKnobs = map[string][]string{
	"authfail":              {"guesses", "targets", "failures", "retries", "scan_paths", "addresses", "spray_addresses", "spike_failures"},
	"extraction":            {"score", "early_score", "calls", "logit_score", "logit_calls", "day_score", "day_calls"},
	"extraction.harvest":    {"score", "early_score", "calls"},
	"extraction.logits":     {"logit_score", "logit_calls"},
	"extraction.sustained":  {"day_score", "day_calls"},
	"extraction.reasoning":  {"reasoning_score", "reasoning_calls"},
	"extraction.membership": {"membership_score", "membership_calls"},
	"extraction.embeddings": {"embedding_calls"},
	"extraction.batch":      {"batch_jobs"},
	"extraction.tenant":     {"tenant_score", "tenant_calls", "tenant_keys"},
	"rate":                  {"*.floor", "*.factor", "*.cold_floor", "cold_factor", "*.shift_factor", "*.throttled_floor", "*.errors_floor"},
	"rate.spike":            {"*.floor", "*.factor", "*.cold_floor", "cold_factor"},
	"rate.shift":            {"*.floor", "*.shift_factor"},
	"rate.throttled":        {"*.throttled_floor", "*.throttled_share"},
	"rate.errors":           {"*.errors_floor", "*.errors_share"},
	"feed":                  {"reject_share"},
}

// otherNumbers are parts of the names of numbers that are no thresholds: for how
// long something is learnt, held or repeated.
var otherNumbers = []string{"history", "repeat", "days", "hours", "minutes"}

// Knob is a numeric setting.
type Knob struct {
	// Key is where it is in the configuration: "detectors.rate.principal.floor".
	Key   string
	Value float64
	// whole numbers stay whole; inverse ones make fewer alerts when they fall,
	// which turning them shows.
	whole, inverse bool
}

// Knobs returns the settings of cfg that decide how often a detector, a family
// or a rule of it, speaks. Those that are 0, which is off, are left as they are.
func Knobs(cfg *app.Config, detector string) ([]Knob, error) {
	family, _, _ := strings.Cut(detector, ".")
	root, path, ok := settingsOf(cfg, family)
	if !ok {
		return nil, fmt.Errorf("no detector has the family %q; there are %s", family, strings.Join(Families(cfg), ", "))
	}
	var all []Knob
	walk(root, path, func(key string, v reflect.Value) {
		k := Knob{Key: key, whole: v.CanInt()}
		if k.whole {
			k.Value = float64(v.Int())
		} else {
			k.Value = v.Float()
		}
		last := key[strings.LastIndexByte(key, '.')+1:]
		if k.Value > 0 && !slices.ContainsFunc(otherNumbers, func(o string) bool { return strings.Contains(last, o) }) {
			all = append(all, k)
		}
	})
	hints := mainKnobs[detector]
	if hints == nil {
		hints = mainKnobs[family]
	}
	if hints == nil {
		return all[:min(len(all), maxKnobs/3)], nil
	}
	var out []Knob
	for _, hint := range hints {
		for _, k := range all {
			if matches(hint, strings.TrimPrefix(k.Key, path+".")) {
				out = append(out, k)
			}
		}
	}
	return out[:min(len(out), maxKnobs)], nil
}

// matches tells whether a key fits a name with "*" for any one part.
func matches(name, key string) bool {
	a, b := strings.Split(name, "."), strings.Split(key, ".")
	return slices.EqualFunc(a, b, func(x, y string) bool { return x == "*" || x == y })
}

// Families are the detectors that the configuration has, and the monitor of the
// sources.
func Families(cfg *app.Config) []string {
	var out []string
	v := reflect.ValueOf(cfg.Detectors)
	for i := range v.NumField() {
		out = append(out, v.Type().Field(i).Tag.Get("mapstructure"))
	}
	out = append(out, "feed")
	slices.Sort(out)
	return out
}

// settingsOf finds the settings of a family: among the detectors, or at the top.
func settingsOf(cfg *app.Config, family string) (v reflect.Value, path string, ok bool) {
	top := reflect.ValueOf(cfg).Elem()
	if v, ok = child(top.FieldByName("Detectors"), family); ok {
		return v, "detectors." + family, true
	}
	if !slices.Contains(Families(cfg), family) {
		return v, "", false
	}
	v, ok = child(top, family)
	return v, family, ok
}

// child returns the field of a struct with a key.
func child(v reflect.Value, key string) (reflect.Value, bool) {
	if v.Kind() != reflect.Struct {
		return v, false
	}
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("mapstructure"), ","); tag == key && tag != "" {
			return v.Field(i), true
		}
	}
	return v, false
}

// walk visits the numbers below v, in the order of the fields. Durations are
// windows and memories, not thresholds.
func walk(v reflect.Value, path string, visit func(key string, v reflect.Value)) {
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("mapstructure"), ","); tag != "" && tag != "-" {
				walk(v.Field(i), path+"."+tag, visit)
			}
		}
	case v.Type() == reflect.TypeFor[time.Duration]():
	case v.CanInt(), v.CanFloat():
		visit(path, v)
	}
}

// set returns a copy of cfg with other values of some settings.
func set(cfg *app.Config, values map[string]float64) *app.Config {
	out := *cfg
	for key, value := range values {
		v := reflect.ValueOf(&out).Elem()
		for part := range strings.SplitSeq(key, ".") {
			v, _ = child(v, part) // it was found by walk
		}
		if v.CanInt() {
			v.SetInt(int64(value))
		} else {
			v.SetFloat(value)
		}
	}
	return &out
}

// turn returns the knob's value at a scale, within what the configuration
// allows: above 1 fewer alerts are made, below 1 more. A share, between 0 and 1,
// is scaled in its odds and so stays one.
func (k Knob) turn(cfg *app.Config, scale float64) float64 {
	if k.inverse {
		scale = 1 / scale
	}
	to := k.Value * scale
	if !k.whole && k.Value < 1 {
		odds := k.Value / (1 - k.Value) * scale
		to = odds / (1 + odds)
	}
	to = k.round(to)
	if k.valid(cfg, to) {
		return to
	}
	// The furthest that is allowed.
	good, bad := k.Value, to
	for range 50 {
		mid := (good + bad) / 2
		if k.whole {
			mid = math.Trunc(mid)
		}
		if mid == good || mid == bad {
			break
		}
		if k.valid(cfg, mid) {
			good = mid
		} else {
			bad = mid
		}
	}
	if rounded := k.round(good); k.valid(cfg, rounded) {
		return rounded
	}
	return good
}

// round gives a value as many digits as a person would write.
func (k Knob) round(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-2)
	if k.whole {
		unit = max(1, unit)
	}
	if unit < 1 { // dividing by a whole number keeps 0.35 from being 0.35000000000000003
		per := math.Round(1 / unit)
		return math.Round(v*per) / per
	}
	return math.Round(v/unit) * unit
}

// valid tells whether the configuration allows a value. A value of 0 turns a
// rule off, which is no threshold.
func (k Knob) valid(cfg *app.Config, value float64) bool {
	if value <= 0 {
		return false
	}
	next := set(cfg, map[string]float64{k.Key: value})
	return next.Detectors.Validate() == nil && next.Feed.Validate() == nil
}
