package authfail

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func watchers(t testing.TB) []detectors.Watcher {
	return detectortest.Fresh(t, Watchers, DefaultConfig())()
}

type change = func(*schemas.Event)

func failed(ev *schemas.Event) {
	ev.Auth, ev.AuthReason, ev.Status = schemas.AuthFailure, schemas.ReasonInvalid, 401
	ev.Responder, ev.UpstreamStatus, ev.Principal, ev.Credential = schemas.ResponderGateway, 0, "", ""
}

func from(n int) change {
	return func(ev *schemas.Event) { ev.ClientAddr, ev.Client = detectortest.Address(n), detectortest.Address(n) }
}

func with(credential string, args ...any) change {
	return func(ev *schemas.Event) { ev.Credential = fmt.Sprintf(credential, args...) }
}

func as(principal string, args ...any) change {
	return func(ev *schemas.Event) { ev.Principal = fmt.Sprintf(principal, args...) }
}

func reason(r schemas.AuthReason) change { return func(ev *schemas.Event) { ev.AuthReason = r } }

// combined makes an event of a log without authentication, such as nginx's.
func combined(status uint16) change {
	return func(ev *schemas.Event) {
		ev.Status, ev.Auth, ev.AuthReason, ev.Principal, ev.Credential = status, schemas.AuthUnknown, schemas.ReasonNone, "", ""
		ev.Responder, ev.UpstreamStatus = schemas.ResponderUnknown, 0
	}
}

// many makes n events, each step apart, the first at start.
func many(start, step time.Duration, n int, changes func(i int) []change) []schemas.Event {
	var out []schemas.Event
	for i := range n {
		out = append(out, detectortest.Event(start+time.Duration(i)*step, changes(i)...))
	}
	return out
}

// usual is an hour of a hundred clients that do well, and now and then mistype.
func usual() []schemas.Event {
	return many(0, 300*time.Millisecond, 12000, func(i int) []change {
		n := i % 100
		if i%331 == 0 {
			return []change{failed, from(100 + n), with("typo%d", i)}
		}
		return []change{from(100 + n), with("key%d", n), as("user%d", n)}
	})
}

func TestCases(t *testing.T) {
	const later = 61 * time.Minute
	cases := map[string]struct {
		events []schemas.Event
		want   []string
	}{
		"hit: key guessing": {
			many(0, time.Second, 15, func(i int) []change { return []change{failed, from(1), with("k%d", i)} }),
			[]string{"authfail.key_guessing"},
		},
		"near miss: a few wrong keys": {
			many(0, time.Second, 8, func(i int) []change { return []change{failed, from(1), with("k%d", i)} }), nil,
		},
		"near miss: the provider refuses": {
			many(0, time.Second, 500, func(i int) []change {
				return []change{combined(401), from(1), with("k%d", i), func(ev *schemas.Event) {
					ev.Responder, ev.UpstreamStatus = schemas.ResponderUpstream, 401
				}}
			}), nil,
		},
		"near miss: forbidden is not refused": {
			many(0, time.Second, 200, func(i int) []change {
				return []change{failed, reason(schemas.ReasonForbidden), from(1), as("p"), with("k%d", i)}
			}), nil,
		},
		"hit: brute force on one account": {
			many(0, time.Second, 20, func(i int) []change { return []change{failed, from(1), as("admin"), with("pw%d", i)} }),
			[]string{"authfail.brute_force"},
		},
		"hit: brute force without fingerprints": {
			many(0, time.Second, 120, func(int) []change { return []change{failed, from(1), as("admin")} }),
			[]string{"authfail.brute_force"},
		},
		"hit: brute force on both sides of a window's end": {
			many(220*time.Second, 1200*time.Millisecond, 125, func(int) []change { return []change{failed, from(1), as("admin")} }),
			[]string{"authfail.brute_force"},
		},
		"near miss: an old password every five seconds": {
			many(0, 5*time.Second, 1000, func(int) []change { return []change{failed, from(1), as("admin")} }), nil,
		},
		"hit: brute force beside an own account": {
			many(0, time.Second, 200, func(i int) []change {
				if i%10 == 0 {
					return []change{from(1), as("own")}
				}
				return []change{failed, from(1), as("admin")}
			}),
			[]string{"authfail.brute_force"},
		},
		"hit: passwords tried where the owner gets in": {
			many(0, time.Second, 60, func(i int) []change {
				if i%10 == 0 {
					return []change{from(1), as("admin"), with("right")}
				}
				return []change{failed, from(1), as("admin"), with("pw%d", i)}
			}),
			[]string{"authfail.brute_force"},
		},
		"hit: a few tries on each of some accounts": {
			many(0, time.Second, 60, func(i int) []change { return []change{failed, from(1), as("user%d", i%12)} }),
			[]string{"authfail.stuffing"},
		},
		"hit: a few passwords on each of a few accounts": {
			many(0, time.Second, 24, func(i int) []change { return []change{failed, from(1), as("user%d", i%8), with("pw%d", i)} }),
			[]string{"authfail.brute_force"},
		},
		"hit: stuffing": {
			many(0, time.Second, 30, func(i int) []change { return []change{failed, from(1), as("user%d", i), with("pw%d", i)} }),
			[]string{"authfail.stuffing"},
		},
		"hit: one password on many accounts": {
			many(0, time.Second, 30, func(i int) []change { return []change{failed, from(1), as("user%d", i), with("Winter2026")} }),
			[]string{"authfail.spraying_address"},
		},
		"benign: users behind one address mistype": {
			many(0, 500*time.Millisecond, 400, func(i int) []change {
				if i%5 == 0 {
					return []change{failed, from(1), as("user%d", i/5), with("typo%d", i)}
				}
				return []change{from(1), as("user%d", i/5), with("pw%d", i/5)}
			}), nil,
		},
		"hit: guessing among as many own accounts": {
			many(0, time.Second, 280, func(i int) []change {
				if i%3 == 0 {
					return []change{from(1), as("own%d", i/3%40), with("own%d", i/3%40)}
				}
				return []change{failed, from(1), with("k%d", i)}
			}),
			[]string{"authfail.key_guessing", "authfail.success_after_failures"},
		},
		"hit: guessing too slow for a window": {
			many(0, 2*time.Minute, 90, func(i int) []change { return []change{failed, from(1), with("k%d", i)} }),
			[]string{"authfail.slow_guessing"},
		},
		"near miss: mistakes of a day at a shared address": {
			many(0, 4*time.Minute, 350, func(i int) []change {
				if i%4 == 0 {
					return []change{failed, from(1), as("user%d", i%70), with("typo%d", i)}
				}
				return []change{from(1), as("user%d", i%70), with("pw%d", i%70)}
			}), nil,
		},
		"near miss: a few mistakes a day": {
			many(0, 30*time.Minute, 45, func(i int) []change { return []change{failed, from(1), with("k%d", i)} }), nil,
		},
		"hit: refusals among requests to what is open": {
			many(0, time.Second, 290, func(i int) []change {
				if i%2 == 0 {
					return []change{combined(200), from(1), func(ev *schemas.Event) { ev.Route = "/open" }}
				}
				return []change{combined(401), from(1)}
			}),
			[]string{"authfail.repeated_failures"},
		},
		"hit: eight guesses from each of many addresses": {
			append(usual(), many(later, 500*time.Millisecond, 480, func(i int) []change {
				return []change{failed, from(2000 + i%60), with("pw%d", i)}
			})...),
			[]string{"authfail.spraying"},
		},
		"benign: a fleet's old key among ordinary mistakes": {
			append(usual(), many(later, 400*time.Millisecond, 600, func(i int) []change {
				if i%20 == 0 {
					return []change{failed, from(3000 + i), with("typo%d", i)}
				}
				return []change{failed, from(2000 + i%45), with("old"), as("fleet")}
			})...), nil,
		},
		"benign: a fleet's old key while the users of an office mistype": {
			append(usual(), many(later, 400*time.Millisecond, 600, func(i int) []change {
				switch {
				case i%10 == 0:
					return []change{failed, from(3000), as("employee%d", i/10), with("")}
				case i%10 < 4:
					return []change{from(3000), as("employee%d", i/10), with("")}
				}
				return []change{failed, from(2000 + i%45), with("old"), as("fleet")}
			})...), nil,
		},
		"hit: success after guessing": {
			append(many(0, time.Second, 20, func(i int) []change { return []change{failed, from(1), as("admin"), with("pw%d", i)} }),
				detectortest.Event(25*time.Second, from(1), as("admin"), with("right"))),
			[]string{"authfail.brute_force", "authfail.success_after_failures"},
		},
		"near miss: success with a key that is known there": {
			append(append(many(0, time.Second, 3, func(int) []change { return []change{from(1), as("me"), with("mine")} }),
				many(5*time.Second, time.Second, 20, func(i int) []change { return []change{failed, from(1), with("pw%d", i)} })...),
				detectortest.Event(30*time.Second, from(1), as("me"), with("mine"))),
			[]string{"authfail.key_guessing"},
		},
		"near miss: success after mistakes": {
			append(many(0, time.Second, 6, func(i int) []change { return []change{failed, from(1), as("admin"), with("pw%d", i)} }),
				detectortest.Event(25*time.Second, from(1), as("admin"), with("right"))), nil,
		},
		"benign: broken client with an expired key": {
			many(0, 3*time.Second, 6000, func(int) []change {
				return []change{failed, from(1), reason(schemas.ReasonExpired), as("p"), with("old")}
			}),
			[]string{"authfail.broken_client"},
		},
		"benign: broken client with a wrong key": {
			many(0, 5*time.Second, 2000, func(int) []change { return []change{failed, from(1), with("wrong")} }),
			[]string{"authfail.broken_client"},
		},
		"benign: a fleet fails for a minute when its keys rotate": {
			append(usual(), many(later, 20*time.Millisecond, 3000, func(i int) []change {
				return []change{failed, from(100 + i%100), with("key%d", i%100), as("user%d", i%100)}
			})...), nil,
		},
		"benign: a fleet with one key fails for a minute": {
			append(usual(), many(later, 100*time.Millisecond, 600, func(i int) []change {
				return []change{failed, from(1000 + i%60), with("shared"), as("fleet")}
			})...), nil,
		},
		"benign: an ordinary hour": {usual(), nil},
		"hit: scan without a credential": {
			many(0, time.Second, 40, func(i int) []change {
				return []change{failed, reason(schemas.ReasonMissing), from(1), func(ev *schemas.Event) { ev.Route = fmt.Sprintf("/v%d", i) }}
			}),
			[]string{"authfail.scan"},
		},
		"benign: a health check without a credential": {
			many(0, time.Second, 3000, func(int) []change {
				return []change{failed, reason(schemas.ReasonMissing), from(1)}
			}), nil,
		},
		"hit: a fast run on one account": {
			many(0, 1200*time.Millisecond, 40, func(int) []change { return []change{failed, from(1), as("admin")} }),
			[]string{"authfail.brute_force"},
		},
		"near miss: a run that is not fast": {
			many(0, 3*time.Second, 40, func(int) []change { return []change{failed, from(1), as("admin")} }), nil,
		},
		"hit: a fast run in a combined log": {
			many(0, time.Second, 40, func(int) []change { return []change{combined(401), from(1)} }),
			[]string{"authfail.repeated_failures"},
		},
		"benign: a fast run with pauses and successes": {
			many(0, time.Second, 120, func(i int) []change {
				if i%20 == 0 {
					return []change{from(1), as("me")}
				}
				return []change{failed, from(1), as("me")}
			}), nil,
		},
		"hit: refusals in a combined log": {
			many(0, time.Second, 150, func(int) []change { return []change{combined(401), from(1)} }),
			[]string{"authfail.repeated_failures"},
		},
		"near miss: fewer refusals in a combined log": {
			many(0, 4*time.Second, 75, func(int) []change { return []change{combined(401), from(1)} }), nil,
		},
		"benign: clients that negotiate in a combined log": {
			many(0, 200*time.Millisecond, 1400, func(i int) []change {
				return []change{combined([]uint16{401, 200}[i%2]), from(1)}
			}), nil,
		},
		"benign: many clients that negotiate all of a sudden": {
			append(usual(), many(later, 50*time.Millisecond, 5600, func(i int) []change {
				return []change{combined([]uint16{401, 200}[i/40%2]), from(2000 + i%40)}
			})...), nil,
		},
		"hit: spraying from many addresses": {
			append(usual(), many(later, time.Second, 240, func(i int) []change {
				return []change{failed, from(2000 + i%120), as("user%d", i), with("pw%d", i)}
			})...),
			[]string{"authfail.spraying"},
		},
		"near miss: a few addresses more than usual": {
			append(usual(), many(later, 10*time.Second, 25, func(i int) []change {
				return []change{failed, from(2000 + i), with("pw%d", i)}
			})...), nil,
		},
		"hit: failures of all clients jump": {
			append(usual(), many(later, 200*time.Millisecond, 1200, func(i int) []change {
				return []change{combined(401), from(2000 + i%40)}
			})...),
			[]string{"authfail.failure_spike"},
		},
		"hit: one account attacked from many addresses": {
			many(0, 2*time.Second, 60, func(i int) []change {
				return []change{failed, from(i % 20), as("admin"), with("pw%d", i)}
			}),
			[]string{"authfail.besieged_account"},
		},
		"hit: the attacked account is entered": {
			append(many(0, 2*time.Second, 60, func(i int) []change {
				return []change{failed, from(i % 20), as("admin"), with("pw%d", i)}
			}), detectortest.Event(125*time.Second, from(77), as("admin"), with("right"))),
			[]string{"authfail.account_taken", "authfail.besieged_account"},
		},
		"near miss: its owner gets in": {
			append(append(many(0, time.Second, 3, func(int) []change { return []change{from(77), as("admin"), with("right")} }),
				many(4*time.Second, 2*time.Second, 60, func(i int) []change {
					return []change{failed, from(i % 20), as("admin"), with("pw%d", i)}
				})...), detectortest.Event(130*time.Second, from(77), as("admin"), with("right"))),
			[]string{"authfail.besieged_account"},
		},
	}
	said := map[string]bool{}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found := detectortest.Run(t, c.events, watchers(t)...)
			detectortest.Readable(t, found)
			for _, f := range found {
				said[f.Detector] = true
			}
			if got := detectortest.Rules(found); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
				for _, f := range found {
					t.Logf("%s %v %s: %s", f.Detector, f.Severity, f.Entity.Name, f.Title)
				}
			}
		})
	}
	if len(said) != 13 {
		t.Errorf("%d rules have spoken, want all 13: %v", len(said), said)
	}
}

func TestNoFalseAlarmsInALongOrdinaryRun(t *testing.T) {
	// Half a day of 400 clients of all sorts: API keys that are mistyped, offices
	// behind one address, and health checks without a key.
	events := many(0, 250*time.Millisecond, 172800, func(i int) []change {
		n := int(uint32(i) * 2654435761 >> 8 % 400)
		switch {
		case i%997 == 0:
			return []change{failed, from(n), with("typo%d", i)}
		case i%1009 == 0:
			return []change{failed, from(n), as("user%d", n), with("typo%d", i)}
		case i%211 == 0:
			return []change{failed, reason(schemas.ReasonMissing), from(400)}
		case n < 100:
			return []change{from(1), with("key%d", n), as("user%d", n)}
		default:
			return []change{from(n), with("key%d", n), as("user%d", n)}
		}
	})
	for _, f := range detectortest.Run(t, events, watchers(t)...) {
		t.Errorf("%s on %s: %s", f.Detector, f.Entity.Name, f.Summary)
	}
}

func TestConform(t *testing.T) {
	corpus := append(usual()[:3000], many(10*time.Minute, 500*time.Millisecond, 300, func(i int) []change {
		return []change{failed, from(i % 40), as("admin%d", i%2), with("pw%d", i)}
	})...)
	corpus = append(corpus, many(20*time.Minute, time.Second, 60, func(i int) []change {
		return []change{failed, from(1), as("user%d", i), with("pw%d", i)}
	})...)
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), corpus)
}
