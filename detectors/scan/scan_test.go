package scan

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

type change = func(*schemas.Event)

// get is a request without a principal that is no model call.
func get(address int, path, route string, status uint16) change {
	return func(ev *schemas.Event) {
		ev.Method, ev.Path, ev.Route, ev.Status = "GET", path, route, status
		ev.Principal, ev.Credential, ev.Auth = "", "", schemas.AuthUnknown
		ev.ClientAddr, ev.Client = detectortest.Address(address), detectortest.Address(address)
		ev.ClientClass = schemas.ClientHTTP
	}
}

func by(name string) change {
	return func(ev *schemas.Event) { ev.Principal, ev.Auth = name, schemas.AuthSuccess }
}

func class(c schemas.ClientClass) change { return func(ev *schemas.Event) { ev.ClientClass = c } }

func call(model string, status uint16) change {
	return func(ev *schemas.Event) { ev.Operation, ev.Model, ev.Status = "chat", model, status }
}

// series makes n events, one every step.
func series(n int, from, step time.Duration, make func(i int) []change) []schemas.Event {
	var out []schemas.Event
	for i := range n {
		out = append(out, detectortest.Event(from+time.Duration(i)*step, make(i)...))
	}
	return out
}

func watchers(t testing.TB) []detectors.Watcher {
	return detectortest.Fresh(t, Watchers, DefaultConfig())()
}

// letters writes a number without digits.
func letters(i int) string {
	return string([]byte{byte('a' + i%26), byte('a' + i/26%26), byte('a' + i/676%26)})
}

var sensitivePaths = []string{"/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/actuator/env", "/backup.sql", "/.aws/credentials", "/debug/pprof/", "/api/tags"}

func paths(address, n int, step time.Duration) []schemas.Event {
	return series(n, 0, step, func(i int) []change {
		return []change{get(address, "/try"+letters(i), other, 404)}
	})
}

func sensitive(address, n int, status uint16) []schemas.Event {
	return series(n, 0, time.Second, func(i int) []change {
		return []change{get(address, sensitivePaths[i%len(sensitivePaths)], other, status)}
	})
}

func models(n, each int, status uint16) []schemas.Event {
	return series(n*each, 0, 3*time.Second, func(i int) []change {
		return []change{call(fmt.Sprintf("model-%d", i%n), status), by("p")}
	})
}

// ids asks for n ids on one route; of every ten the first refused are refused.
func ids(n, refused int, status uint16, number func(i int) int) []schemas.Event {
	return series(n, 0, time.Second, func(i int) []change {
		s := uint16(200)
		if i%10 < refused {
			s = status
		}
		return []change{get(1, fmt.Sprintf("/v1/orders/%d", number(i)), "/v1/orders/{id}", s), by("p")}
	})
}

func inOrder(i int) int { return 1000 + i }
func anywhere(i int) int {
	return int(uint32(i*2654435761) % 900_000_000)
}

func pages(n int, step time.Duration, c schemas.ClientClass) []schemas.Event {
	return series(n, 0, step, func(i int) []change {
		return []change{get(2, fmt.Sprintf("/docs/page-%d", anywhere(i)), "/docs/{id}", 200), class(c)}
	})
}

func join(parts ...[]schemas.Event) []schemas.Event {
	var out []schemas.Event
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// cases have a hit (severity above 0), a near miss and a benign look-alike of
// each rule.
var cases = []struct {
	name   string
	events []schemas.Event
	rule   string
	want   schemas.Severity
}{
	{"paths: hit", paths(3, 40, 2*time.Second), "scan.paths", schemas.SeverityLow},
	{"paths: one a minute", paths(3, 60, time.Minute), "scan.paths", schemas.SeverityLow},
	{"paths: near miss", paths(3, 15, 2*time.Second), "", 0},
	{"paths: ids that are gone", series(300, 0, time.Second, func(i int) []change {
		return []change{get(3, fmt.Sprintf("/v1/files/file-%dx", anywhere(i)), "/v1/files/{id}", 404)}
	}), "", 0},
	{"paths: a page without its parts", series(60, 0, time.Second, func(i int) []change {
		return []change{get(3, "/static/"+letters(i)+".js", other, 404)}
	}), "", 0},
	{"paths: with a key", join(series(12, 0, time.Second, func(i int) []change {
		return []change{get(3, sensitivePaths[i%9], other, 404), by("p")}
	}), series(20, time.Minute, time.Second, func(i int) []change {
		return []change{get(3, "/internal/"+letters(i), other, 403), by("p")}
	})), "scan.paths", schemas.SeverityMedium},

	{"sensitive: hit", sensitive(4, 12, 404), "scan.sensitive", schemas.SeverityLow},
	{"sensitive: near miss", sensitive(4, 6, 404)[:6], "", 0},
	{"sensitive: answered", join(sensitive(4, 9, 404), series(1, time.Minute, time.Second, func(int) []change {
		return []change{get(4, "/.env.production", "/{id}", 200)}
	})), "scan.sensitive", schemas.SeverityHigh},
	{"sensitive: diagnosis answered", join(sensitive(4, 9, 404), series(1, time.Minute, time.Second, func(int) []change {
		return []change{get(4, "/metrics", "/metrics", 200)}
	})), "scan.sensitive", schemas.SeverityMedium},
	{"sensitive: a server that answers everything", sensitive(4, 60, 200), "", 0},
	{"sensitive: a monitor", series(300, 0, 15*time.Second, func(i int) []change {
		p := []string{"/metrics", "/actuator/health", "/actuator/prometheus", "/healthz"}[i%4]
		return []change{get(4, p, p, 200)}
	}), "", 0},

	{"models: hit", models(8, 2, 403), "scan.models", schemas.SeverityLow},
	{"models: a whole list", models(30, 1, 404), "scan.models", schemas.SeverityMedium},
	{"models: near miss", models(3, 2, 404), "", 0},
	{"models: a broken evaluation", models(6, 40, 400), "", 0},

	{"ids: hit", ids(80, 5, 403, inOrder), "scan.ids", schemas.SeverityMedium},
	{"ids: much was answered", ids(400, 5, 404, inOrder), "scan.ids", schemas.SeverityHigh},
	{"ids: nothing was answered", ids(90, 10, 404, inOrder), "scan.ids", schemas.SeverityLow},
	{"ids: others' objects", ids(200, 6, 403, anywhere), "scan.ids", schemas.SeverityLow},
	{"ids: near miss", ids(25, 5, 403, inOrder), "", 0},
	{"ids: one's own list", ids(2000, 0, 404, inOrder), "", 0},
	{"ids: one's own list with gaps", ids(600, 1, 404, inOrder), "", 0},
	{"ids: deleted in between", ids(600, 4, 404, anywhere), "", 0},
	{"ids: a job that is asked for until it is there", series(400, 0, time.Second, func(i int) []change {
		s := uint16(404)
		if i%4 == 3 {
			s = 200
		}
		return []change{get(1, fmt.Sprintf("/v1/jobs/%d", 100+i/4), "/v1/jobs/{id}", s), by("p")}
	}), "", 0},
	{"ids: pages of a list", series(300, 0, time.Second, func(i int) []change {
		s := uint16(200)
		if i%30 == 29 {
			s = 404
		}
		return []change{get(1, fmt.Sprintf("/v1/pages/%d", i%30), "/v1/pages/{id}", s), by("p")}
	}), "", 0},

	{"scrape: hit", pages(900, 300*time.Millisecond, schemas.ClientBrowser), "scan.scrape", schemas.SeverityLow},
	{"scrape: a program, number by number", series(1500, 0, 300*time.Millisecond, func(i int) []change {
		return []change{get(2, fmt.Sprintf("/v1/files/file-%d", 1000+i), "/v1/files/{id}", 200)}
	}), "scan.scrape", schemas.SeverityLow},
	{"scrape: number by number with a key", series(1500, 0, 300*time.Millisecond, func(i int) []change {
		return []change{get(2, fmt.Sprintf("/v1/files/file-%d", 1000+i), "/v1/files/{id}", 200), by("p")}
	}), "", 0},
	{"scrape: near miss", pages(300, 300*time.Millisecond, schemas.ClientBrowser), "", 0},
	{"scrape: a crawler that takes its time", pages(900, 5*time.Second, schemas.ClientCrawler), "", 0},
	{"scrape: a program with a list", pages(1500, 100*time.Millisecond, schemas.ClientHTTP), "", 0},

	{"bot: an SDK that looks for secrets", series(8, 0, time.Second, func(i int) []change {
		return []change{get(5, sensitivePaths[i], other, 404), class(schemas.ClientSDK)}
	}), "scan.bot", schemas.SeverityLow},
	{"bot: an SDK that looks around", series(30, 0, time.Second, func(i int) []change {
		p := []string{"/", "/index.html", "/robots.txt", "/login", "/admin", "/dashboard", "/favicon.ico", "/swagger.json"}[i%8]
		return []change{get(5, p, other, 404), class(schemas.ClientSDK)}
	}), "scan.bot", schemas.SeverityLow},
	{"bot: a scanner that calls models", series(60, 0, time.Second, func(int) []change {
		return []change{call("m", 200), by("p"), class(schemas.ClientScanner)}
	}), "scan.bot", schemas.SeverityLow},
	{"bot: near miss", series(15, 0, time.Second, func(int) []change {
		return []change{call("m", 200), by("p"), class(schemas.ClientCrawler)}
	}), "", 0},
	{"bot: discovery by an SDK", series(40, 0, time.Second, func(i int) []change {
		p := []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/register", "/.well-known/mcp.json"}[i%4]
		return []change{get(5, p, other, 404), class(schemas.ClientSDK)}
	}), "", 0},
	{"bot: a monitor", series(300, 0, time.Minute, func(int) []change {
		return []change{call("m", 200), by("p"), class(schemas.ClientCrawler)}
	}), "", 0},
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := detectortest.Run(t, c.events, watchers(t)...)
			detectortest.Readable(t, found)
			most := schemas.SeverityInfo
			for _, f := range found {
				if c.want == 0 {
					t.Errorf("%s %s: %s", f.Detector, f.Severity, f.Summary)
				}
				if f.Detector == c.rule {
					most = max(most, f.Severity)
				}
			}
			if most != c.want {
				t.Errorf("%s has severity %s, want %s; findings: %v", c.rule, most, c.want, detectortest.Rules(found))
			}
		})
	}
}

func TestConform(t *testing.T) {
	var all []schemas.Event
	for _, c := range cases {
		if c.want > 0 {
			all = append(all, c.events...)
		}
	}
	all = append(all, noise(2, 5, 40)...)
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), all)
}

// noise is days of scanners, some a day, each from an address of its own.
func noise(days, first, perDay int) []schemas.Event {
	var out []schemas.Event
	for d := range days {
		for i := range perDay {
			n := 5000 + d*perDay + i
			from := time.Duration(d)*24*time.Hour + time.Duration(i)*20*time.Minute
			out = append(out, series(25+first, from, time.Second, func(j int) []change {
				return []change{get(n, "/x"+letters(j), other, 404)}
			})...)
		}
	}
	return out
}

func TestNoiseIsTold(t *testing.T) {
	found := detectortest.Run(t, noise(3, 5, 60), watchers(t)...)
	detectortest.Readable(t, found)
	if n := len(detectortest.Of(found, "scan.paths")); n != 60 {
		t.Errorf("%d scanners were told by themselves in three days, want 20 a day", n)
	}
	if n := len(detectortest.Of(found, "scan.crowd")); n != 3 {
		t.Errorf("%d digests in three days, want one a day", n)
	}
	loud := append(noise(1, 5, 60), series(300, 22*time.Hour, time.Second, func(i int) []change {
		return []change{get(9, "/loud"+letters(i), other, 404)}
	})...)
	found = detectortest.Run(t, loud, watchers(t)...)
	if n := len(detectortest.Of(found, "scan.paths")); n != 21 {
		t.Errorf("%d scanners were told, want 20 and the loud one", n)
	}
}

func TestARuleIsQuietForADay(t *testing.T) {
	var events []schemas.Event
	for d := range 4 {
		for i := range 6 {
			events = append(events, series(40, time.Duration(d)*24*time.Hour+time.Duration(i)*time.Hour, time.Second, func(j int) []change {
				return []change{get(3, "/x"+letters(j+40*i), other, 404)}
			})...)
		}
	}
	if found := detectortest.Run(t, events, watchers(t)...); len(found) != 1 {
		t.Errorf("a scanner that comes every day was told %d times, want once", len(found))
	}
}

func TestWhatOthersAreRefusedIsExceptional(t *testing.T) {
	var events []schemas.Event
	for i := range 30 {
		for j := range 8 {
			events = append(events, detectortest.Event(time.Duration(i)*20*time.Minute+time.Duration(j)*time.Second, get(100+i, "/.env", other, 404)))
		}
	}
	for j := range 8 {
		events = append(events, detectortest.Event(20*time.Hour+time.Duration(j)*time.Second, get(7, "/.env", "/{id}", 200)))
	}
	found := detectortest.Run(t, events, watchers(t)...)
	detectortest.Readable(t, found)
	if len(found) != 1 || found[0].Severity != schemas.SeverityHigh {
		t.Errorf("an answer that no other gets: %+v", found)
	}
}
