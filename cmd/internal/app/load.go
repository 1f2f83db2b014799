package app

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/viper"

	"github.com/gatehound/gatehound/ingest/decode/spelling"
)

// EnvPrefix begins the environment variables that override settings: the key
// storage.mode is GATEHOUND_STORAGE_MODE.
const EnvPrefix = "GATEHOUND"

// Load reads the configuration: defaults, then the file (if path is not empty),
// then the environment. An unknown key, a wrong type or a value out of bounds
// is an error that names file, line, key and what is allowed; all of them are
// reported together.
func Load(path string) (*Config, error) {
	cfg := DefaultConfig()
	v := viper.New()
	v.SetConfigType("yaml")
	v.SetEnvPrefix(EnvPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	lines := map[string]int{}
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
		file, err := parser.ParseBytes(text, 0)
		if err != nil {
			return nil, fmt.Errorf("%s: not valid YAML: %w", path, firstLine(err))
		}
		for _, doc := range file.Docs {
			collect(doc.Body, "", lines)
		}
		if err := v.ReadConfig(strings.NewReader(string(text))); err != nil {
			return nil, fmt.Errorf("%s: not valid YAML: %w", path, firstLine(err))
		}
	}
	bindEnv(v, reflect.TypeOf(*cfg), "")
	var unknown error
	if path != "" {
		unknown = unknownKeys(path, lines, reflect.TypeOf(*cfg))
	}
	if err := errors.Join(unknown, lenient(v.AllSettings(), cfg)); err != nil {
		return nil, locate(path, lines, err)
	}
	if err := cfg.Validate(); err != nil {
		return nil, locate(path, lines, err)
	}
	return cfg, nil
}

// lenient fills cfg; unknown keys are found by unknownKeys, with their lines.
func lenient(settings map[string]any, cfg any) error { return decodeInto(settings, cfg, false) }

// strict fills cfg and refuses unknown keys.
func strict(settings map[string]any, cfg any) error { return decodeInto(settings, cfg, true) }

func decodeInto(settings map[string]any, cfg any, strict bool) error {
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:           cfg,
		ErrorUnused:      strict,
		WeaklyTypedInput: true, // the environment has only strings
		ZeroFields:       false,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			dateToText,
			mapstructure.StringToTimeDurationHookFunc(),
			mapstructure.TextUnmarshallerHookFunc(),
			mapstructure.StringToSliceHookFunc(","),
		),
	})
	if err != nil {
		return err
	}
	return d.Decode(settings)
}

// dateToText gives a date back that YAML took for one where a text is wanted.
func dateToText(_, to reflect.Type, v any) (any, error) {
	if t, ok := v.(time.Time); ok && to.Kind() == reflect.String {
		return t.Format(time.DateOnly), nil
	}
	return v, nil
}

// collect records the line of every key, by its dotted path; items of lists
// are numbered: "alerting.sinks.0.type".
func collect(n ast.Node, path string, lines map[string]int) {
	join := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			collect(v, path, lines)
		}
	case *ast.MappingValueNode:
		at := join(strings.ToLower(n.Key.GetToken().Value))
		lines[at] = n.Key.GetToken().Position.Line
		collect(n.Value, at, lines)
	case *ast.SequenceNode:
		for i, v := range n.Values {
			at := join(fmt.Sprint(i))
			lines[at] = v.GetToken().Position.Line
			collect(v, at, lines)
		}
	case *ast.AnchorNode:
		collect(n.Value, path, lines)
	}
}

// unknownKeys reports every key of the file that the configuration lacks.
func unknownKeys(path string, lines map[string]int, t reflect.Type) error {
	known := map[string]bool{}
	open := map[string]bool{} // below these anything goes: a plug-in checks it
	keysOf(t, "", known, open)
	var errs []error
	paths := make([]string, 0, len(lines))
	for p := range lines {
		paths = append(paths, p)
	}
	sort.Slice(paths, func(i, j int) bool { return lines[paths[i]] < lines[paths[j]] })
	var reported string
	for _, p := range paths {
		generic := numbers.ReplaceAllString(p, ".#")
		if known[generic] || under(generic, open) || (reported != "" && strings.HasPrefix(p, reported+".")) {
			continue
		}
		reported = p
		errs = append(errs, fmt.Errorf("%s:%d: unknown key %s%s", path, lines[p], p, suggest(generic, known)))
	}
	return errors.Join(errs...)
}

var numbers = regexp.MustCompile(`\.\d+`)

func under(path string, open map[string]bool) bool {
	for p := range open {
		if strings.HasPrefix(path, p+".") {
			return true
		}
	}
	return false
}

// keysOf collects the keys of a configuration struct from its tags.
func keysOf(t reflect.Type, path string, known, open map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer:
		keysOf(t.Elem(), path, known, open)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			known[path+".#"] = true
			keysOf(t.Elem(), path+".#", known, open)
		} else {
			known[path+".#"] = true
		}
	case reflect.Map:
		open[path] = true
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			tag, opts, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
			if opts == "remain" {
				open[path] = true
				continue
			}
			if opts == "squash" { // its keys stand beside the others
				keysOf(f.Type, path, known, open)
				continue
			}
			if tag == "" || tag == "-" || !f.IsExported() {
				continue
			}
			at := tag
			if path != "" {
				at = path + "." + tag
			}
			known[at] = true
			keysOf(f.Type, at, known, open)
		}
	}
}

// bindEnv lets the environment set every scalar and list of scalars.
func bindEnv(v *viper.Viper, t reflect.Type, path string) {
	known, open := map[string]bool{}, map[string]bool{}
	keysOf(t, path, known, open)
	for k := range known {
		if strings.Contains(k, "#") || hasChild(k, known) {
			continue
		}
		_ = v.BindEnv(k) // it fails only without a key
	}
}

func hasChild(key string, known map[string]bool) bool {
	for k := range known {
		if strings.HasPrefix(k, key+".") && !strings.HasPrefix(k, key+".#") {
			return true
		}
	}
	return false
}

// suggest names the known key that is nearest to a mistyped one, if any is.
func suggest(key string, known map[string]bool) string {
	parent, last := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		parent, last = key[:i+1], key[i+1:]
	}
	best, at := "", 3
	var siblings []string
	for k := range known {
		if !strings.HasPrefix(k, parent) || strings.Contains(k[len(parent):], ".") || k[len(parent):] == "#" {
			continue
		}
		siblings = append(siblings, k[len(parent):])
		if d := spelling.Distance(last, k[len(parent):]); d < at {
			best, at = k[len(parent):], d
		}
	}
	sort.Strings(siblings)
	switch {
	case best != "":
		return fmt.Sprintf(", did you mean %s?", best)
	case len(siblings) > 0 && len(siblings) <= 24:
		return "; allowed here: " + strings.Join(siblings, ", ")
	}
	return ""
}

// locate prefixes each line of an error that names a key with file and line.
func locate(path string, lines map[string]int, err error) error {
	if path == "" {
		return err
	}
	var out []string
	for _, l := range strings.Split(err.Error(), "\n") {
		if strings.HasPrefix(l, path+":") || l == "" {
			out = append(out, l)
			continue
		}
		line, at := 0, ""
		for _, word := range keyWords.FindAllString(l, -1) {
			key := strings.ToLower(indexed.ReplaceAllString(word, ".$1"))
			if n, ok := lines[key]; ok && len(key) > len(at) {
				line, at = n, key
			}
		}
		if line > 0 {
			out = append(out, fmt.Sprintf("%s:%d: %s", path, line, strings.TrimPrefix(l, "* ")))
		} else {
			out = append(out, path+": "+strings.TrimPrefix(l, "* "))
		}
	}
	return errors.New(strings.Join(out, "\n"))
}

var (
	keyWords = regexp.MustCompile(`[A-Za-z_]+(\[\d+\])?(\.[A-Za-z0-9_]+(\[\d+\])?)*`)
	indexed  = regexp.MustCompile(`\[(\d+)\]`)
)

// firstLine keeps the sentence of a YAML error and not its excerpt of the file,
// which may hold a secret.
func firstLine(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(text)
}
