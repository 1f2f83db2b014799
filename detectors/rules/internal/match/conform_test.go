package match

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// compile compiles one selection.
func compile(t *testing.T, selection string) *Program {
	t.Helper()
	if !strings.HasPrefix(selection, "[") && !strings.HasPrefix(selection, "{") {
		selection = "{" + selection + "}"
	}
	rules, refused := sigma.Parse("r.yml", []byte("title: t\nlogsource: {category: webserver}\ndetection:\n  s: "+selection+"\n  condition: s\n"), map[string][]string{"who": {"jo*", "ann"}})
	require.Empty(t, refused, selection)
	p, err := Compile([]*sigma.Expr{rules[0].Expr})
	require.NoError(t, err)
	return p
}

// TestSelectionsHoldAsTheSpecificationSays has what each form means, with an
// event for which it holds and one for which it does not.
func TestSelectionsHoldAsTheSpecificationSays(t *testing.T) {
	type E = schemas.Event
	status := func(s uint16) E { return E{Status: s, Known: schemas.HasStatus} }
	noon := func(hour, minute int) E {
		return E{Time: time.Date(2026, 3, 31, hour, minute, 0, 0, time.UTC).UnixNano()}
	}
	client := func(a string) E { return E{ClientAddr: netip.MustParseAddr(a)} }
	for selection, c := range map[string]struct{ is, isNo []E }{
		"method: get":                             {[]E{{Method: "GET"}}, []E{{Method: "GETX"}, {}}},
		"method|cased: get":                       {nil, []E{{Method: "GET"}}},
		"method: [get, put]":                      {[]E{{Method: "PUT"}}, []E{{Method: "POST"}}},
		"path: '/A?/*.php'":                       {[]E{{Path: "/ab/x.PHP"}}, []E{{Path: "/a/x.php"}, {Path: "/ab/x.php5"}}},
		"path|contains: É":                        {[]E{{Path: "/é"}}, []E{{Path: "/e"}}},
		"path|startswith: /a":                     {[]E{{Path: "/ab"}}, []E{{Path: "x/a"}}},
		"path|endswith: '/a*b'":                   {[]E{{Path: "x/axxb"}}, []E{{Path: "x/axxbc"}}},
		"path|contains|all: [a, b]":               {[]E{{Path: "ba"}}, []E{{Path: "a"}}},
		"path|neq: /a":                            {[]E{{Path: "/b"}, {}}, []E{{Path: "/a"}}},
		"path|neq: [/a, /b]":                      {[]E{{Path: "/c"}}, []E{{Path: "/a"}, {Path: "/b"}}},
		"path: null":                              {[]E{{}}, []E{{Path: "/"}}},
		"path: ''":                                {[]E{{}}, []E{{Path: "/"}}},
		"path: '*'":                               {[]E{{Path: "/"}}, []E{{}}},
		"path|exists: true":                       {[]E{{Path: "/"}}, []E{{}}},
		"path|exists: false":                      {[]E{{}}, []E{{Path: "/"}}},
		"user_agent: ''":                          {[]E{{ClientClass: schemas.ClientEmpty}}, []E{{}, {UserAgent: "x"}}},
		"user_agent: null":                        {[]E{{}}, []E{{UserAgent: "x"}}},
		"sc-status: 404":                          {[]E{status(404)}, []E{status(403), {Status: 404}}},
		"sc-status: '404'":                        {[]E{status(404)}, []E{status(403)}},
		"sc-status: '4*'":                         {[]E{status(404), status(4)}, []E{status(504)}},
		"sc-status|startswith: 40":                {[]E{status(404)}, []E{status(414)}},
		"{sc-status|gte: 400, sc-status|lt: 500}": {[]E{status(400), status(499)}, []E{status(399), status(500)}},
		"sc-status|gt: 0":                         {[]E{status(1)}, []E{status(0), {}}},
		"sc-status|lte: 0":                        {[]E{status(0)}, []E{status(1), {}}},
		"stream: true":                            {[]E{{Stream: true, Known: schemas.HasStream}}, []E{{Known: schemas.HasStream}, {}}},
		"logprobs: false":                         {[]E{{Known: schemas.HasLogprobs}}, []E{{}}},
		"temperature: 0.7":                        {[]E{{Temperature: 0.7, Known: schemas.HasTemperature}}, []E{{Temperature: 0.8, Known: schemas.HasTemperature}}},
		"c-ip|cidr: [10.0.0.0/8, 2001:db8::/32]":  {[]E{client("10.9.9.9"), client("2001:db8::1"), client("::ffff:10.1.1.1"), {Client: netip.MustParseAddr("10.2.2.2")}}, []E{client("11.0.0.1"), {}}},
		"c-ip: 10.0.0.1":                          {[]E{client("10.0.0.1")}, []E{client("10.0.0.10"), {ClientAddr: netip.MustParseAddr("10.0.0.2"), Client: netip.MustParseAddr("10.0.0.1")}}},
		"c-ip|startswith: '10.0.'":                {[]E{client("10.0.0.1")}, []E{client("10.1.0.1")}},
		"path|re: '^/v[0-9]+/'":                   {[]E{{Path: "/v1/x"}}, []E{{Path: "/V1/x"}, {Path: "x/v1/"}}},
		"path|re|i: '^/v[0-9]+/'":                 {[]E{{Path: "/V1/x"}}, nil},
		"query|re|s: 'a.b'":                       {[]E{{Query: "a\nb"}}, nil},
		"query|re: 'a.b'":                         {nil, []E{{Query: "a\nb"}}},
		"query|re|m: '^b$'":                       {[]E{{Query: "a\nb"}}, nil},
		"host|fieldref: model":                    {[]E{{Host: "Ab", Model: "aB"}}, []E{{Host: "a", Model: "b"}, {}}},
		"host|fieldref|cased: model":              {[]E{{Host: "a", Model: "a"}}, []E{{Host: "A", Model: "a"}}},
		"principal|expand: 'x-%who%'":             {[]E{{Principal: "x-john"}, {Principal: "X-ANN"}}, []E{{Principal: "x-anna"}}},
		"query|base64offset|contains: whoami":     {[]E{{Query: "q=ZWNobyB3aG9hbWk="}, {Query: "d2hvYW1pIC9h"}}, []E{{Query: "whoami"}}},
		"query|windash|contains: ' -enc'":         {[]E{{Query: "x /enc"}, {Query: "x –enc"}}, []E{{Query: "x enc"}}},
		"query|wide|base64offset|contains: ls -l": {[]E{{Query: "bABzACAALQBsAA=="}}, nil},
		"time|hour: [9, 10]":                      {[]E{noon(9, 59), noon(10, 0)}, []E{noon(11, 0)}},
		"time|minute|gte: 30":                     {[]E{noon(1, 30)}, []E{noon(1, 29)}},
		"{time|day: 31, time|month: 3, time|year: 2026, time|week: 14}": {[]E{noon(1, 1)}, nil},
		"cs-uri-query|contains: /admin":                                 {[]E{{Path: "/admin"}, {Query: "x=/admin"}}, []E{{Host: "/admin"}}},
		"cs-uri-query: a=b":                                             {[]E{{Path: "/x", Query: "a=b"}}, []E{{Path: "/x", Query: "a=bc"}}},
		"cs-uri-query|startswith: '/x?a'":                               {[]E{{Path: "/x", Query: "a=b"}}, []E{{Path: "/x"}}},
		"c-uri|contains: evil.com/x":                                    {[]E{{Host: "evil.com", Path: "/x"}}, []E{{Host: "evil.com", Path: "/y"}}},
		"c-uri|startswith: /x":                                          {[]E{{Host: "evil.com", Path: "/x"}}, nil},
		"c-uri-extension: [exe, PS1]":                                   {[]E{{Path: "/a.b/c.ps1"}}, []E{{Path: "/exe"}, {Path: "/a.exe/x"}}},
		"[word, 'b*d']":                                                 {[]E{{Path: "/WORDS"}, {UserAgent: "a bxd c"}, {Model: "word"}}, []E{{Method: "word"}}},
		"{'|all': [ab, cd]}":                                            {[]E{{Path: "ab", Query: "cd"}, {Path: "ab", UserAgent: "cd"}}, []E{{Path: "ab"}}},
		"[{method: GET}, {path: /a, host: b}]":                          {[]E{{Method: "GET"}, {Path: "/a", Host: "b"}}, []E{{Path: "/a"}}},
		"client_class: browser":                                         {[]E{{ClientClass: schemas.ClientBrowser}}, []E{{ClientClass: schemas.ClientSDK}}},
		"prompt_signals|contains: jailbreak":                            {[]E{{PromptSignals: schemas.SignalJailbreak | schemas.SignalEncoded}}, []E{{PromptSignals: schemas.SignalEncoded}}},
	} {
		s := compile(t, selection).NewScratch()
		for _, e := range c.is {
			require.True(t, slices.Contains(s.Match(&e), 0), "%s should hold for %+v", selection, e)
		}
		for _, e := range c.isNo {
			require.False(t, slices.Contains(s.Match(&e), 0), "%s should not hold for %+v", selection, e)
		}
	}
}

func TestHeldTellsTheValueOfTheRule(t *testing.T) {
	p := compile(t, "path|contains: [nothing, '/.ENV'], method: GET")
	s := p.NewScratch()
	e := schemas.Event{Path: "/x/.env.secret", Method: "GET"}
	require.Len(t, s.Match(&e), 1)
	var told []string
	s.Held(&e, 0, func(item *sigma.Item, shown string) { told = append(told, item.Name+"="+shown) })
	require.ElementsMatch(t, []string{"path|contains=/.ENV", "method=GET"}, told)
	require.Equal(t, -1, s.Current())
}

// TestEpochsBeginAnew lets the counter of events run over.
func TestEpochsBeginAnew(t *testing.T) {
	s := compile(t, "path|contains: /.env").NewScratch()
	hit, miss := schemas.Event{Path: "/.env"}, schemas.Event{Path: "/"}
	require.Len(t, s.Match(&hit), 1)
	s.epoch, s.looks = maxEpoch-1, ^uint32(0)-1
	for range 4 {
		require.Len(t, s.Match(&hit), 1)
		require.Empty(t, s.Match(&miss))
		require.Empty(t, s.Match(&schemas.Event{Path: strings.Repeat("x", 600)}))
	}
}
