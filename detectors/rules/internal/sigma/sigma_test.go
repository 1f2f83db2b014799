package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// one parses a rule on single events with a detection.
func one(detection string) (*Rule, *Refusal) {
	text := "title: t\nlogsource: {category: webserver}\ndetection:\n  " + strings.ReplaceAll(detection, "\n", "\n  ")
	rules, refused := Parse("f.yml", []byte(text), map[string][]string{"Servers": {"srv*", "db1"}})
	if len(refused) > 0 {
		return nil, &refused[0]
	}
	return rules[0], nil
}

func TestAccepted(t *testing.T) {
	for _, d := range []string{
		"s: {cs-method: GET}\ncondition: s",
		"s:\n  - {method: GET}\n  - {method: PUT}\ncondition: s",
		"s: [a, b]\ncondition: s",
		"s: {'|all': [a, b]}\ncondition: s",
		"s: word\ncondition: s",
		"s: {sc-status: [200, '4*', 0x1F4]}\ncondition: s",
		"s: {sc-status|gte|neq: 400}\ncondition: s",
		"s: {path|expand: '/%Servers%/'}\ncondition: s",
		"s: {path: null, host: ''}\ncondition: s",
		"s: {time|hour|gte: 22}\ncondition: s",
		"s: {c-ip|cidr: ['10.0.0.0/8', '::ffff:10.0.0.0/104', '2001:db8::/32']}\ncondition: s",
		"s: {c-ip: 10.0.0.1}\ncondition: s",
		"s: {path|re|i|m|s: 'a.*b'}\ncondition: s",
		"s: {path|fieldref|neq: query}\ncondition: s",
		"s: {path|exists: true}\n_x: {path: a}\ncondition: 1 of them and not all of _*",
		"s1: {path: a}\ns2: {path: b}\ncondition: [s1, s2 and not (s1 or s2)]",
		"and: {path: a}\ncondition: any of an*",
		"s: {http.response.status_code: 200, gen_ai.request.model: x, source.ip: 10.1.1.1, url.path: /a}\ncondition: s AND s OR NOT s",
		"s: {stream: true}\ncondition: s",
	} {
		_, refused := one(d)
		require.Nil(t, refused, d)
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("a", 2000)
	for d, why := range map[string]string{
		"s: {cs-referer: a}\ncondition: s":                                                       "referring pages are not kept",
		"s: {nonsense: a}\ncondition: s":                                                         "is not a field",
		"s: {path|frobnicate: a}\ncondition: s":                                                  `the modifier "frobnicate" is not supported`,
		"s: {path: a}\ncondition: s | count() by c-ip > 5":                                       "write a correlation rule",
		"s: {path: a}\ncondition: s near s":                                                      "not understood",
		"s: {path: a}\ntimeframe: 5m\ncondition: s":                                              "timeframe is of Sigma 1",
		"s: {path: a}\ncondition: t":                                                             "no selection",
		"s: {path: a}\ncondition: (s":                                                            "closing parenthesis",
		"s: {path: a}\ncondition: s s":                                                           "not understood",
		"s: {path: a}\ncondition: ''":                                                            "empty",
		"s: {path: a}\ncondition: 2 of s*":                                                       "allowed are 1, any and all",
		"s: {path: a}\ncondition: 1 of x*":                                                       "no selection is called",
		"s: {path: a}\ncondition: not":                                                           "ends where",
		"s: {path: a}":                                                                           "condition is missing",
		"s: {path|re: '(?!a)b'}\ncondition: s":                                                   "look-around",
		"s: {path|cidr: 10.0.0.0/8}\ncondition: s":                                               "cidr goes with addresses",
		"s: {c-ip|cidr: 10.0.0.0/99}\ncondition: s":                                              "want a network",
		"s: {path|gt: 5}\ncondition: s":                                                          "compare numbers",
		"s: {status|gt: x}\ncondition: s":                                                        "needs a number",
		"s: {status|gt|lt: 5}\ncondition: s":                                                     "two comparisons",
		"s: {path|re|contains: a}\ncondition: s":                                                 "go with plain text only",
		"s: {path|i: a}\ncondition: s":                                                           "go with re",
		"s: {path|expand: '%Unknown%'}\ncondition: s":                                            "no values are configured",
		"s: {path|base64: 'a*'}\ncondition: s":                                                   "wildcards cannot be encoded",
		"s: {path: " + long + "}\ncondition: s":                                                  "bytes; allowed are",
		"s: {path: '" + strings.Repeat("a*", 20) + "'}\ncondition: s":                            "wildcards; allowed are",
		"s: {path: {a: b}}\ncondition: s":                                                        "nested maps",
		"s: {path: []}\ncondition: s":                                                            "has no values",
		"s: {}\ncondition: s":                                                                    "empty",
		"s: {time: 2026}\ncondition: s":                                                          "by its parts only",
		"s: {path|hour: 5}\ncondition: s":                                                        "go with the field time",
		"s: {stream: perhaps}\ncondition: s":                                                     "true or false",
		"s: {path|exists: perhaps}\ncondition: s":                                                "want true or false",
		"s: {path|fieldref: status}\ncondition: s":                                               "not of one kind",
		"s: {path|windash: '-a -b -c -d -e'}\ncondition: s":                                      "dashes",
		"s: {path: a}\ncondition: " + strings.Repeat("(", 40) + "s" + strings.Repeat(")", 40):    "nested deeper",
		"s: {path: a}\ncondition: " + strings.Repeat("s or ", 600) + "s":                         "more than 1000 words",
		"s: {path|re: [" + strings.Repeat("'[a-z]{60}x[0-9]{60}y',", 1000) + "a]}\ncondition: s": "would take more than",
		"s: {path: [" + strings.Repeat("a,", 5001) + "a]}\ncondition: s":                         "more than 5000 values",
	} {
		_, refused := one(d)
		require.NotNil(t, refused, "%.100s", d)
		require.Contains(t, refused.Reason, why, "%.100s", d)
		require.GreaterOrEqual(t, refused.Line, 3)
	}
}

func TestDocuments(t *testing.T) {
	parse := func(text string) ([]*Rule, []Refusal) { return Parse("f.yml", []byte(text), nil) }
	whole := "title: %s\nlogsource: {category: proxy}\ndetection:\n  s: {path: a}\n  condition: s\n"
	rules, refused := parse("# a comment\n---\n" + fmt.Sprintf(whole, "a") + "--- \n: : :\n---\n" + fmt.Sprintf(whole, "b") + "...\n")
	require.Len(t, rules, 2)
	require.Equal(t, 3, rules[0].Line)
	require.Equal(t, 11, rules[1].Line)
	require.Len(t, refused, 1, "a broken document does not take the others with it")
	require.Contains(t, refused[0].Reason, "not valid YAML")
	require.Equal(t, 9, refused[0].Line)
	require.NotEqual(t, rules[0].Hash, rules[1].Hash)

	for text, why := range map[string]string{
		"- a":                           "want a map",
		"title: t":                      "neither detection nor correlation",
		"detection: {}":                 "title: missing",
		"title: t\naction: global":      "Sigma 1",
		"title: t\nfilter: {}":          "filters are not supported",
		"title: t\nstatus: odd":         "status: allowed are",
		"title: t\nlevel: odd":          "level: allowed are",
		"title: t\nstatus: unsupported": "its status",
		"title: t\ndetection: {s: {path: a}, condition: s}":                                                            "logsource is missing",
		"title: t\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {path: a}, condition: s}": "not what gateways log",
		"title: t\nlogsource: {product: gatehound, service: x}\ndetection: {s: {path: a}, condition: s}":               "services access, auth and model",
		"title: t\nlogsource: {category: webserver, product: iis}\ndetection: {s: {path: a}, condition: s}":            "no log format",
		"title: t\ndetection: {}\ncorrelation: {}":                                                                     "write two documents",
		strings.Repeat("[", 100) + strings.Repeat("]", 100):                                                            "nested deeper",
		"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]": "more than 20000 values",
		"a: &a [*a]": "",
	} {
		rules, refused := parse(text)
		require.Empty(t, rules, text)
		require.Len(t, refused, 1, text)
		require.Contains(t, refused[0].Reason, why, text)
	}
	_, refused = parse(strings.Repeat("x", MaxFile+1))
	require.Contains(t, refused[0].Reason, "larger")
	_, refused = parse(strings.Repeat("a: b\n---\n", MaxDocuments+1))
	require.Contains(t, refused[len(refused)-1].Reason, "the rest is not read")
}

func TestTextOfRulesIsCleaned(t *testing.T) {
	rules, _ := Parse("f.yml", []byte("title: \"a\\e[31m\\u202Eb\\u0000\\n c\"\nlogsource: {category: proxy}\ndetection: {s: {path: a}, condition: s}"), nil)
	require.Len(t, rules, 1)
	require.Equal(t, "a[31mb c", rules[0].Title)
	require.LessOrEqual(t, len(clean(strings.Repeat("é", 100), 11)), 11)
}

func TestCorrelations(t *testing.T) {
	parse := func(c string) (*Correlation, string) {
		rules, refused := Parse("f.yml", []byte("title: t\ncorrelation: "+c), nil)
		if len(refused) > 0 {
			return nil, refused[0].Reason
		}
		return rules[0].Correlation, ""
	}
	c, why := parse("{type: value_count, rules: [a, b], group-by: [user, c-ip], timespan: 90m, condition: {field: model, gt: 100, lte: 200}, generate: true}")
	require.Empty(t, why)
	require.Equal(t, 90*time.Minute, c.Timespan)
	require.Len(t, c.Bounds, 2)
	require.True(t, c.Generate)
	require.Len(t, c.GroupBy[1].Fields, 2)
	c, why = parse("{type: temporal, rules: [a, b], group-by: [ip], timespan: 10s, aliases: {ip: {a: c-ip, b: principal}}, condition: a and not b}")
	require.Empty(t, why)
	require.NotEqual(t, c.GroupBy[0].Fields[0], c.GroupBy[0].Fields[1])
	require.Equal(t, And, c.Expr.Op)

	for text, want := range map[string]string{
		"{rules: [a], timespan: 1m}":            "type is missing",
		"{type: odd, rules: [a], timespan: 1m}": "type: allowed are",
		"{type: value_percentile, rules: [a], timespan: 1m, condition: {field: status, gt: 1}}":                      "not supported",
		"{type: event_count, rules: [], timespan: 1m, condition: {gte: 1}}":                                          "rules: allowed are",
		"{type: event_count, rules: [a], timespan: 1w, condition: {gte: 1}}":                                         "timespan",
		"{type: event_count, rules: [a], timespan: 8d, condition: {gte: 1}}":                                         "timespan",
		"{type: event_count, rules: [a], timespan: 99999999999999d, condition: {gte: 1}}":                            "timespan",
		"{type: event_count, rules: [a], timespan: 1m}":                                                              "condition is missing",
		"{type: event_count, rules: [a], timespan: 1m, condition: {gte: 0}}":                                         "no event",
		"{type: event_count, rules: [a], timespan: 1m, condition: {eq: 0}}":                                          "no event",
		"{type: event_count, rules: [a], timespan: 1m, condition: {lt: 1}}":                                          "no event",
		"{type: event_count, rules: [a], timespan: 1m, condition: {gte: 1.5}}":                                       "whole numbers",
		"{type: event_count, rules: [a], timespan: 1m, condition: {field: path, gte: 1}}":                            "counts events",
		"{type: event_count, rules: [a], timespan: 1m, condition: {odd: 1}}":                                         "allowed are gt",
		"{type: event_count, rules: [a], timespan: 1m, condition: {}}":                                               "want gt",
		"{type: value_count, rules: [a], timespan: 1m, condition: {gte: 1}}":                                         "needs a field",
		"{type: value_sum, rules: [a], timespan: 1m, condition: {field: path, gte: 1}}":                              "that is a number",
		"{type: event_count, rules: [a], timespan: 1m, group-by: [odd], condition: {gte: 1}}":                        "is not a field",
		"{type: event_count, rules: [a], timespan: 1m, group-by: [x], aliases: {x: {b: c-ip}}, condition: {gte: 1}}": "has no field for the rule",
		"{type: event_count, rules: [a], timespan: 1m, odd: 1, condition: {gte: 1}}":                                 "is not supported",
		"{type: temporal, rules: [a], timespan: 1m, condition: a or c}":                                              "no selection",
	} {
		_, why := parse(text)
		require.Contains(t, why, want, text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("title: t\nlogsource: {category: webserver}\ndetection:\n  s: {path|contains: [a, 'b*']}\n  condition: 1 of s* and not s\n---\ntitle: c\ncorrelation: {type: event_count, rules: [t], timespan: 1m, condition: {gte: 3}}\n"))
	f.Add([]byte("a: &a [*a]\nb: *a\n"))
	f.Add([]byte("title: t\nlogsource: {product: gatehound}\ndetection:\n  s: {'path|expand|re|i': '%x%', 'c-ip|cidr': '1.2.3.4/8'}\n  condition: s | count() > 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		began := time.Now()
		rules, refused := Parse("f.yml", data, map[string][]string{"x": {"a", "b*"}})
		require.Less(t, time.Since(began), 2*time.Second, "a rule that takes its time to read")
		for _, r := range rules {
			require.True(t, (r.Expr == nil) != (r.Correlation == nil))
			require.NotEmpty(t, r.Title)
		}
		for _, r := range refused {
			require.NotEmpty(t, r.Reason)
			require.Positive(t, r.Line)
		}
	})
}
