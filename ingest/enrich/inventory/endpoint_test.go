package inventory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func listed(t testing.TB, list ...Endpoint) *Endpoints {
	t.Helper()
	for i := range list {
		if list[i].Listing == schemas.ListingUnknown {
			list[i].Listing = schemas.ListingKnown
		}
	}
	e, err := New(list)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestMatch(t *testing.T) {
	e := listed(t,
		Endpoint{Method: "GET", Path: "/users/{id}"},
		Endpoint{Method: "GET", Path: "/users/me", Listing: schemas.ListingInternal},
		Endpoint{Method: "GET", Path: "/users/me/keys"},
		Endpoint{Method: "GET", Path: "/users/{id}/posts/{post}"},
		Endpoint{Method: "POST", Path: "/users/{id}/posts", Listing: schemas.ListingDeprecated},
		Endpoint{Path: "/any"},
		Endpoint{Method: "GET", Path: "/files/{name}.json"},
		Endpoint{Method: "POST", Path: "/models/{model}:generate"},
		Endpoint{Method: "POST", Path: "/models/{model}:drop", Listing: schemas.ListingInternal},
		Endpoint{Method: "GET", Path: "/static/*"},
		Endpoint{Method: "GET", Path: "/proxy/{proxy+}"},
		Endpoint{Method: "GET", Host: "admin.example.com", Path: "/any", Listing: schemas.ListingInternal},
		Endpoint{Method: "GET", Host: "*.example.org", Path: "/wild"},
		Endpoint{Method: "GET", Host: "api.example.*", Path: "/tail"},
		Endpoint{Method: "GET", Path: "/twice"},
		Endpoint{Method: "GET", Path: "/twice", Listing: schemas.ListingDeprecated},
		Endpoint{Method: "BREW", Path: "/pot/"},
		Endpoint{Path: "/:tenant/run"},
		Endpoint{Path: "/"},
		Endpoint{Kind: Prefix, Path: "/v1"},
		Endpoint{Kind: Prefix, Path: "/v1/secret", Listing: schemas.ListingInternal},
		Endpoint{Kind: Prefix, Path: "/v1/post", Method: "POST"},
		Endpoint{Kind: Regexp, Path: `/items/\d+$`, Method: "GET"},
		Endpoint{Kind: Regexp, Path: `/items/(?<slug>[a-z]+)/old`, Listing: schemas.ListingDeprecated},
	)
	for _, c := range []struct {
		request, host string
		want          schemas.Listing
		route         string
	}{
		{"GET /users/42", "", schemas.ListingKnown, "/users/{id}"},
		{"get /users/42/", "", schemas.ListingKnown, "/users/{id}"},
		{"HEAD /users/42", "", schemas.ListingKnown, "/users/{id}"},
		{"OPTIONS /users/42", "", schemas.ListingKnown, "/users/{id}"},
		{"DELETE /users/42", "", schemas.ListingUnlisted, "/users/{id}"},
		{"GET /users/me", "", schemas.ListingInternal, "/users/me"},
		{"GET /users/me/keys", "", schemas.ListingKnown, "/users/me/keys"},
		{"GET /users/me/posts/7", "", schemas.ListingKnown, "/users/{id}/posts/{id}"}, // back from the literal branch
		{"POST /users/me/posts", "", schemas.ListingDeprecated, "/users/{id}/posts"},
		{"GET /users/42/posts", "", schemas.ListingUnlisted, "/users/{id}/posts"},
		{"GET /users/42/other", "", schemas.ListingUnlisted, ""},
		{"PURGE /any", "", schemas.ListingKnown, "/any"},
		{"GET /any", "Admin.Example.com:443", schemas.ListingInternal, "/any"},
		{"GET /any", "www.example.com", schemas.ListingKnown, "/any"},
		{"GET /files/a.json", "", schemas.ListingKnown, "/files/{id}.json"},
		{"GET /files/.json", "", schemas.ListingUnlisted, ""},
		{"GET /files/a.xml", "", schemas.ListingUnlisted, ""},
		{"POST /models/gpt:generate", "", schemas.ListingKnown, "/models/{id}:generate"},
		{"POST /models/gpt:drop", "", schemas.ListingInternal, "/models/{id}:drop"},
		{"GET /static", "", schemas.ListingKnown, "/static/{rest}"},
		{"GET /static/a/b/c", "", schemas.ListingKnown, "/static/{rest}"},
		{"GET /proxy/a/b", "", schemas.ListingKnown, "/proxy/{rest}"},
		{"GET /wild", "a.example.org", schemas.ListingKnown, "/wild"},
		{"GET /wild", "example.net", schemas.ListingUnlisted, ""},
		{"GET /wild", "", schemas.ListingKnown, "/wild"}, // the log has no host
		{"GET /tail", "api.example.net", schemas.ListingKnown, "/tail"},
		{"GET /tail", "web.example.net", schemas.ListingUnlisted, ""},
		{"GET /twice", "", schemas.ListingDeprecated, "/twice"},
		{"BREW /pot", "", schemas.ListingKnown, "/pot"},
		{"GET /acme/run", "", schemas.ListingKnown, "/{id}/run"},
		{"GET /", "", schemas.ListingKnown, "/"},
		{"GET /v1", "", schemas.ListingKnown, ""},
		{"GET /v1beta/x", "", schemas.ListingKnown, ""}, // Kong's prefixes are of text
		{"GET /v1/secret/x", "", schemas.ListingInternal, ""},
		{"GET /v1/post/x", "", schemas.ListingKnown, ""}, // by the shorter prefix
		{"GET /v0", "", schemas.ListingUnlisted, ""},
		{"GET /items/42", "", schemas.ListingKnown, ""},
		{"GET /items/42/x", "", schemas.ListingUnlisted, ""},
		{"POST /items/42", "", schemas.ListingUnlisted, ""},
		{"PUT /items/abc/old/x", "", schemas.ListingDeprecated, ""},
		{"GET /x/items/42", "", schemas.ListingUnlisted, ""},
		{"GET /v1/" + strings.Repeat("a", maxRequest), "", schemas.ListingUnlisted, ""},
		{"GET " + strings.Repeat("/a", 200), "", schemas.ListingUnlisted, ""},
		{"GET ", "", schemas.ListingKnown, "/"},
	} {
		method, path, _ := strings.Cut(c.request, " ")
		if got := e.Match(method, c.host, path); got.Listing != c.want || got.Route != c.route {
			t.Errorf("%.60s of %q: %v %q, want %v %q", c.request, c.host, got.Listing, got.Route, c.want, c.route)
		}
	}
	if e.Len() != 24 {
		t.Errorf("%d endpoints", e.Len())
	}
}

func TestNewRefuses(t *testing.T) {
	many := make([]Endpoint, maxEndpoints+1)
	var mixes, nested, regexps, same []Endpoint
	for i := range maxMixed + 1 {
		mixes = append(mixes, Endpoint{Path: fmt.Sprintf("/{id}.%d", i)})
		nested = append(nested, Endpoint{Kind: Prefix, Path: "/" + strings.Repeat("a", i)})
		same = append(same, Endpoint{Kind: Regexp, Path: fmt.Sprintf("/a[0-9]{%d}", i+1)})
	}
	for i := range maxRegexps + 1 {
		regexps = append(regexps, Endpoint{Kind: Regexp, Path: fmt.Sprintf("/%d/[a-z]", i)})
	}
	for name, c := range map[string]struct {
		list []Endpoint
		want string
	}{
		"many": {many, "at most 100000"}, "mixed": {mixes, "same segment"}, "nested": {nested, "one within another"},
		"regular expressions": {regexps, "more than 1000"}, "one lead": {same, "same literal text"},
		"relative": {[]Endpoint{{Path: "users"}}, "begin with '/'"}, "deep": {[]Endpoint{{Path: strings.Repeat("/a", 33)}}, "32 segments"},
		"long":       {[]Endpoint{{Path: "/" + strings.Repeat("a", maxPath)}}, "at most 1024"},
		"expression": {[]Endpoint{{Kind: Regexp, Path: "/a(?=secret)"}}, "not one that Go knows"},
	} {
		_, err := New(c.list)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	var buf []byte
	for path, want := range map[string]string{
		"/a/b": "/a/b", "/a/b/": "/a/b/", "": "", "/a?x=1": "/a", "/a;v=1/b": "/a", "/a#f": "/a",
		"//a///b": "/a/b", "/a/./b": "/a/b", "/a/../b": "/b", "/../../b": "/b", "/a/..": "/", "/a/b/../../c/": "/c",
		"/%61dmin": "/admin", "/a%2Fb": "/a%2Fb", "/a%2fb": "/a%2fb", "/%2e%2e/b": "/b", "/x/%2E./y": "/y", "/%": "/%", "/%4": "/%4",
		"/%zz": "/%zz", "/%00": "/%00", "/%25": "/%25", "/a%20b": "/a%20b", "/.well-known/x": "/.well-known/x", "//": "/",
	} {
		got, scratch := Clean(path, buf)
		buf = scratch
		if got != want {
			t.Errorf("Clean(%q) = %q, want %q", path, got, want)
		}
	}
}

// TestMatchIsBounded holds that no path makes a walk long, in a tree where every
// segment has two ways to go.
func TestMatchIsBounded(t *testing.T) {
	var list []Endpoint
	for i := range 1 << 10 {
		var p strings.Builder
		for bit := range 10 {
			p.WriteString([]string{"/a", "/{id}"}[i>>bit&1])
		}
		list = append(list, Endpoint{Path: p.String() + "/end"})
	}
	e := listed(t, list...)
	w := walk{method: get, steps: maxSteps}
	w.node(&e.root, strings.Repeat("/a", 10)+"/else", 0)
	if w.steps > 0 {
		t.Errorf("%d steps are left: the test does not test", w.steps)
	}
	if got := e.Match("GET", "", strings.Repeat("/a", 10)+"/end"); got.Listing != schemas.ListingKnown {
		t.Errorf("listing %v", got.Listing)
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	e := listed(t, Endpoint{Path: "/users/{id}/posts"}, Endpoint{Kind: Regexp, Path: `/items/\d+$`}, Endpoint{Kind: Prefix, Path: "/v1"})
	buf := make([]byte, 0, 256)
	for _, path := range []string{"/users/1/posts", "/items/42", "/v1/x", "/none", "/%76%31/a"} {
		if n := testing.AllocsPerRun(100, func() {
			var p string
			p, buf = Clean(path, buf)
			e.Match("GET", "api.example.com:443", p)
		}); n > 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	var list []Endpoint
	for i := range 10_000 {
		list = append(list, Endpoint{Method: "GET", Path: fmt.Sprintf("/v1/service%d/items/{id}/parts/{part}", i), Listing: schemas.ListingKnown})
		list = append(list, Endpoint{Kind: Prefix, Path: fmt.Sprintf("/kong/service%d", i), Listing: schemas.ListingKnown})
	}
	e, err := New(list)
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"template": "/v1/service777/items/42/parts/7", "prefix": "/kong/service777/a/b", "none": "/v1/nothing/here"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Match("GET", "api.example.com", path)
			}
		})
	}
}
