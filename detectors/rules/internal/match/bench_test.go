package match

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// realistic writes rules of the shapes that public rules for web servers and
// proxies have: exploits by path and method, webshells, user agents of tools,
// domains and file names, injections by keywords, with filters; and some for
// models.
func realistic(n int) []*sigma.Expr {
	r := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"adm", "xmlrpc", "cgi", "solr", "struts", "log4", "wp-con", "plug", "vpn", "portal", "auth", "upload", "shell", "exec", "ajax", "setup", "debug", "actuator", "jenkins", "moni", "zabbix", "citrix", "pulse", "exch", "owa", "ecp", "rce", "tmui", "remote", "fgt"}
	name := func() string { return pick(r, syllables...) + pick(r, syllables...) + fmt.Sprint(r.IntN(1000)) }
	quoted := func(n int, make func() string) string {
		out := ""
		for range n {
			out += fmt.Sprintf("\n      - '%s'", make())
		}
		return out
	}
	var exprs []*sigma.Expr
	for len(exprs) < n {
		var d string
		switch r.IntN(8) {
		case 0, 1: // an exploit
			d = "  sel:\n    cs-method: " + pick(r, "GET", "POST") + "\n    cs-uri-query|contains:" + quoted(1+r.IntN(3), func() string { return "/" + name() + pick(r, ".php", ".jsp", "", ".do") }) + "\n  condition: sel\n"
		case 2: // with a status and a filter
			d = "  sel:\n    cs-uri-stem|endswith:" + quoted(1+r.IntN(4), func() string { return "/" + name() }) + "\n    sc-status: [200, 201]\n  filter:\n    cs-user-agent|contains: Nessus\n  condition: sel and not filter\n"
		case 3: // agents of tools
			d = "  sel:\n    c-useragent" + pick(r, "|contains", "|startswith", "") + ":" + quoted(2+r.IntN(12), func() string { return name() + pick(r, "/1.0", " v2", "-agent") }) + "\n  condition: sel\n"
		case 4: // domains
			d = "  sel:\n    cs-host|endswith:" + quoted(1+r.IntN(8), func() string { return "." + name() + ".com" }) + "\n  condition: sel\n"
		case 5: // words
			d = "  sel:\n    cs-method: GET\n  keywords:" + quoted(2+r.IntN(6), func() string { return name() + pick(r, "(", "=", "%20") }) + "\n  filter:\n    sc-status: 404\n  condition: sel and keywords and not filter\n"
		case 6: // an expression
			d = "  sel:\n    c-uri|re: '/" + name() + "/[a-z0-9]{8,}\\.(php|jsp)'\n  condition: sel\n"
		default: // models
			d = "  sel:\n    gen_ai.request.model|startswith: '" + name() + "'\n    input_tokens|gt: " + fmt.Sprint(10000+r.IntN(1000)) + "\n  condition: sel\n"
		}
		rules, refused := sigma.Parse("r.yml", []byte("title: t\nlogsource: {category: webserver}\ndetection:\n"+d), nil)
		if len(refused) > 0 {
			panic(refused[0].Reason + "\n" + d)
		}
		exprs = append(exprs, rules[0].Expr)
	}
	return exprs
}

// ordinaryEvents are requests as an AI gateway sees them: few routes and agents,
// ids in one path of eight, a new address each.
func ordinaryEvents(n int) []schemas.Event {
	r := rand.New(rand.NewPCG(3, 4))
	events := make([]schemas.Event, n)
	for i := range events {
		e := schemas.Event{Time: time.Now().UnixNano(), Method: "POST", Path: pick(r, "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/messages"),
			Host: "gateway.example.com", UserAgent: pick(r, "OpenAI/Python 1.40.0", "python-requests/2.32.3", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36", "axios/1.7.2", "anthropic-sdk/0.30"),
			Model: pick(r, "gpt-4o", "gpt-4o-mini", "claude-sonnet-4"), Provider: "openai", Operation: "chat", Status: pick[uint16](r, 200, 200, 200, 200, 429, 401, 500),
			Principal: fmt.Sprintf("h1:k1:%016x", r.Uint64N(1000)), ClientAddr: netip.AddrFrom4([4]byte{10, byte(r.Uint32()), byte(r.Uint32()), 1}),
			InputTokens: r.Int64N(4000), OutputTokens: r.Int64N(800), Known: schemas.HasStatus | schemas.HasInputTokens | schemas.HasOutputTokens, Route: "/v1/chat/completions"}
		if r.IntN(8) == 0 {
			e.Method, e.Path = "GET", fmt.Sprintf("/v1/files/file-%016x", r.Uint64())
		}
		if r.IntN(10) == 0 {
			e.Query = fmt.Sprintf("api-version=2024-10-21&trace=%08x", r.Uint32())
		}
		events[i] = e
	}
	return events
}

func BenchmarkMatch(b *testing.B) {
	events := ordinaryEvents(4096)
	for _, n := range []int{1, 30, 300, 3000} {
		p, err := Compile(realistic(n))
		require.NoError(b, err)
		s := p.NewScratch()
		for i := range events {
			s.Match(&events[i])
		}
		b.Run(fmt.Sprintf("%d rules", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Match(&events[i&4095])
			}
		})
	}
}

// BenchmarkHostile holds long texts that are full of what rules look for.
func BenchmarkHostile(b *testing.B) {
	p, err := Compile(realistic(3000))
	require.NoError(b, err)
	s := p.NewScratch()
	r := rand.New(rand.NewPCG(5, 6))
	events := make([]schemas.Event, 64)
	for i := range events {
		events[i] = ordinaryEvents(1)[0]
		for len(events[i].Path) < 2000 {
			events[i].Path += pick(r, "/xmlrpc", "/shellexec", "wp-conplug", "/adm", ".php") + fmt.Sprint(r.IntN(1000))
		}
		events[i].Query = events[i].Path
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Match(&events[i&63])
	}
}

func TestOrdinaryEventsAllocateNothing(t *testing.T) {
	p, err := Compile(realistic(300))
	require.NoError(t, err)
	s := p.NewScratch()
	events := ordinaryEvents(512)
	for range 3 {
		for i := range events {
			s.Match(&events[i])
		}
	}
	i := 0
	require.Zero(t, testing.AllocsPerRun(500, func() { s.Match(&events[i&511]); i++ }))
}
