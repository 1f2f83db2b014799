package custom_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/custom"
)

// valid is a mapping that every fault is put into.
func valid() custom.Config {
	return custom.Config{Name: "acme", Match: custom.Match{All: []string{"a"}}, Fields: []custom.Field{
		{Field: "time", Path: []string{"t"}},
		{Field: "latency", Path: []string{"took"}, Unit: "ms"},
		{Field: "auth", Path: []string{"v"}, Map: []custom.Translation{{From: "DENIED", To: "failure"}}},
	}}
}

func TestFaultsNameTheKeyAndWhatIsAllowed(t *testing.T) {
	if err := custom.Validate([]custom.Config{valid()}); err != nil {
		t.Fatal(err)
	}
	line := func(s string) func(*custom.Config) {
		return func(c *custom.Config) { c.Match, c.Line, c.Fields = custom.Match{}, s, nil }
	}
	for _, c := range []struct {
		name   string
		change func(*custom.Config)
		want   string
	}{
		{"no name", func(c *custom.Config) { c.Name = "" }, `custom[0].name: "" is no name; allowed are 1 to 32`},
		{"capitals", func(c *custom.Config) { c.Name = "Acme" }, `.name: "Acme"`},
		{"long name", func(c *custom.Config) { c.Name = strings.Repeat("a", 33) }, `.name: `},
		{"reserved name", func(c *custom.Config) { c.Name = "auto" }, `.name: "auto" is taken`},
		{"no match", func(c *custom.Config) { c.Match = custom.Match{} }, `.match: nothing is given; want either match`},
		{"match and line", func(c *custom.Config) { c.Line = "%{time}" }, `.line: is given beside match`},
		{"too many names", func(c *custom.Config) { c.Match.Any = make([]string, 9) }, `.match.any: 9 members; allowed are 8`},
		{"empty path", func(c *custom.Config) { c.Match.All = []string{"a..b"} }, `.match.all[0]: "a..b" has an empty name`},
		{"open bracket", func(c *custom.Config) { c.Match.Any = []string{"a[0"} }, `.match.any[0]: "a[0" has a [ without its ]`},
		{"bad index", func(c *custom.Config) { c.Fields[0].Path = []string{"a[-1]"} }, `.fields[0].path[0]: "a[-1]" has an index that is not 0 to 999`},
		{"after a bracket", func(c *custom.Config) { c.Fields[0].Path = []string{"a[0]b"} }, `without a dot`},
		{"deep path", func(c *custom.Config) { c.Fields[0].Path = []string{"a.b.c.d.e.f.g.h.i"} }, `allowed are 8`},
		{"long path", func(c *custom.Config) { c.Fields[0].Path = []string{strings.Repeat("a", 257)} }, `a path has 257 bytes`},
		{"no value to equal", func(c *custom.Config) { c.Match.Equals = []custom.Equal{{Path: "a"}} }, `.match.equals[0].value: has 0 bytes`},
		{"no fields", func(c *custom.Config) { c.Fields = nil }, `.fields: 0 entries; allowed are 1 to 64`},
		{"too many fields", func(c *custom.Config) { c.Fields = make([]custom.Field, 65) }, `.fields: 65 entries`},
		{"mistyped field", func(c *custom.Config) { c.Fields[0].Field = "sttaus" }, `.fields[0].field: "sttaus" is no field; did you mean status?`},
		{"other name of a field", func(c *custom.Config) { c.Fields[0].Field = "user" }, `did you mean principal?`},
		{"unknown field", func(c *custom.Config) { c.Fields[0].Field = "zzzzzzzz" }, `allowed are time, gateway, tenant,`},
		{"field twice", func(c *custom.Config) { c.Fields[1] = c.Fields[0] }, `.fields[1].field: time is there twice`},
		{"neither path nor value", func(c *custom.Config) { c.Fields[0].Path = nil }, `.fields[0]: time has neither path nor value`},
		{"too many paths", func(c *custom.Config) { c.Fields[0].Path = make([]string, 9) }, `.fields[0].path: 9 paths; allowed are 8`},
		{"long value", func(c *custom.Config) { c.Fields[0] = custom.Field{Field: "tls", Value: strings.Repeat("a", 1025)} }, `.value: has 1025 bytes`},
		{"no unit", func(c *custom.Config) { c.Fields[1].Unit = "" }, `.fields[1].unit: ""; latency needs one of ns, us, ms, s`},
		{"wrong unit", func(c *custom.Config) { c.Fields[1].Unit = "minutes" }, `.fields[1].unit: "minutes"`},
		{"unit of a time", func(c *custom.Config) { c.Fields[0].Unit = "ms" }, `.fields[0].unit: "ms" for time; only latencies have a unit`},
		{"layout of a text", func(c *custom.Config) { c.Fields[2].Layout = "clf" }, `.fields[2].layout: is given for auth`},
		{"no layout", func(c *custom.Config) { c.Fields[0].Layout = "YYYY-MM-DD" }, `.fields[0].layout: "YYYY-MM-DD" names no year`},
		{"12 hours", func(c *custom.Config) { c.Fields[0].Layout = "2006-01-02 03:04" }, `names no year, month, day and hour`},
		{"no zone", func(c *custom.Config) { c.Fields[0].Zone = "Mars/Base" }, `.fields[0].zone: "Mars/Base" is no zone`},
		{"local zone", func(c *custom.Config) { c.Fields[0].Zone = "Local" }, `.zone: "Local"`},
		{"zone of an epoch", func(c *custom.Config) { c.Fields[0].Layout, c.Fields[0].Zone = "epoch", "Europe/Berlin" }, `leave it out`},
		{"wrong list", func(c *custom.Config) { c.Fields[2].List = "third" }, `.list: "third"; allowed are first, last, join`},
		{"no word", func(c *custom.Config) { c.Fields[2].Map[0].To = "no" }, `.fields[2].map[0].to: "no" is no value of auth; want success or failure`},
		{"empty word", func(c *custom.Config) { c.Fields[2].Map[0].From = "" }, `.fields[2].map[0]: from has 0 bytes`},
		{"too many words", func(c *custom.Config) { c.Fields[2].Map = make([]custom.Translation, 65) }, `.map: 65 translations`},
		{"no status", func(c *custom.Config) { c.Fields[0] = custom.Field{Field: "status", Value: "999"} }, `.value: "999" is no value of status; want a number from 100 to 599`},
		{"no guardrail", func(c *custom.Config) { c.Fields[0] = custom.Field{Field: "guardrail", Value: "ok"} }, `want passed, input_blocked`},
		{"line without values", line("text"), `.line: names no value`},
		{"line of two", line("%{time}\n%{status}"), `.line: has a line end`},
		{"long line", line(strings.Repeat("a", 4097)), `.line: has 4097 bytes`},
		{"values without a text between", line("%{time}%{status}"), `has nothing between %{time} and the next value`},
		{"value twice", line("%{time} %{time}"), `names time twice`},
		{"value without an end", line("%{time"), `without its }`},
		{"wrong value name", line("%{Time}"), `names a value "Time"`},
		{"value that is nothing", line("%{time} %{bytes}"), `%{bytes} is no field and no entry of fields uses it; did you mean response_bytes?`},
		{"latency without unit", line("%{time} %{latency}"), `%{latency} needs a unit`},
		{"path that is no value", func(c *custom.Config) { c.Match, c.Line = custom.Match{}, "%{t} %{v}" }, `.fields[1].path[0]: "took" is no value of line; allowed are t, v`},
		{"value beside an entry", func(c *custom.Config) {
			c.Match, c.Line, c.Fields = custom.Match{}, "%{time} %{at}", []custom.Field{{Field: "time", Path: []string{"at"}}}
		}, `%{time} is a field that has an entry, which does not use it`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := valid()
			c.change(&cfg)
			err := custom.Validate([]custom.Config{cfg})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "custom[0]") {
				t.Errorf("error is %v, want %s", err, c.want)
			}
		})
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	a, b := valid(), valid()
	a.Fields[1].Unit, a.Fields[0].Field, b.Name = "", "tme", "B"
	err := custom.Validate([]custom.Config{a, b})
	for _, want := range []string{"custom[0].fields[0].field", "did you mean time?", "custom[0].fields[1].unit", "custom[1].name"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in %v", want, err)
		}
	}
	if err := custom.Validate([]custom.Config{valid(), valid()}); err == nil || !strings.Contains(err.Error(), `custom[1].name: "acme" is taken`) {
		t.Errorf("same name twice: %v", err)
	}
}

func TestNumberOfMappings(t *testing.T) {
	var cfg []custom.Config
	for i := range 65 {
		c := valid()
		c.Name = fmt.Sprint("m", i)
		cfg = append(cfg, c)
	}
	if err := custom.Validate(cfg); err == nil || !strings.Contains(err.Error(), "65 mappings; allowed are 64") {
		t.Errorf("error is %v", err)
	}
	if own, err := custom.Formats(cfg[:64]); err != nil || len(own) != 64 {
		t.Errorf("%d formats, %v", len(own), err)
	}
	if own, err := custom.Formats(nil); err != nil || len(own) != 0 {
		t.Errorf("%d formats, %v", len(own), err)
	}
}

// TestReadmeExamplesAreCases keeps the README's examples true: each is a golden
// case.
func TestReadmeExamplesAreCases(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"readme_json/mapping.yaml", "readme_json/input.log", "readme_line/mapping.yaml", "readme_line/input.log"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(readme), string(text)) {
			t.Errorf("%s is not in the README", name)
		}
	}
}

// TestReadmeListsEveryField goes by what an unknown field is answered with.
func TestReadmeListsEveryField(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	cfg := valid()
	cfg.Fields[0].Field = "zzzzzzzz"
	_, list, found := strings.Cut(custom.Validate([]custom.Config{cfg}).Error(), "allowed are ")
	if !found {
		t.Fatal("no list of fields")
	}
	fields := strings.Split(list, ", ")
	if len(fields) < 40 {
		t.Fatalf("%d fields", len(fields))
	}
	for _, f := range fields {
		if !strings.Contains(string(readme), "`"+f+"`") {
			t.Errorf("%s is not in the README", f)
		}
	}
}
