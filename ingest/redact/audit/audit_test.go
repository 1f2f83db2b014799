package audit

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// kinds returns what the scanner finds in text: kind and value, one a line.
func kinds(s *Scanner, text string) string {
	var all []string
	s.find(text, func(kind schemas.RedactionKind, value string) { all = append(all, kind.String()+" "+value) })
	return strings.Join(all, "\n")
}

const r = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9nO1pQ3rS5tU7vW9xY1zA3bC5dE7fG9"

func TestFinds(t *testing.T) {
	s := New()
	for text, want := range map[string]string{
		"mail jane.roe@example.org now":                   "email jane.roe@example.org",
		"q=jane%2540example.org":                          "email q=jane@example.org",
		`{"u":"jane\u0040example.org"}`:                   "email jane@example.org",
		"jane&commat;example.org":                         "email jane@example.org",
		"jane=40example.org":                              "email jane@example.org",
		"jane at example dot org":                         "email jane at example dot org",
		"jane [at] example.org":                           "email jane [at] example.org",
		"用户@例子.公司":                                        "email 用户@例子.公司",
		"pay 4111 1111 1111 1111":                         "card 4111 1111 1111 1111",
		`{"card_number": 4111111111111111}`:               "card 4111111111111111",
		"IBAN DE89 3704 0044 0532 0130 00 x":              "iban DE89 3704 0044 0532 0130 00",
		"call +49 (0)151 / 1234567":                       "phone +49 (0)151 / 1234567",
		"(415) 555-2671":                                  "phone (415) 555-2671",
		"ssn 078-05-1120":                                 "national_id 078-05-1120",
		"CPF 111.444.777-35":                              "national_id 111.444.777-35",
		"id 2341 2341 2346":                               "national_id 2341 2341 2346",
		"DNI 12345678Z":                                   "national_id 12345678Z",
		"RSSMRA85T10A562S":                                "national_id RSSMRA85T10A562S",
		"peer 203.0.113.7:80":                             "address 203.0.113.7",
		"peer 2001:db8::1 x":                              "address 2001:db8::1",
		"mac 00:1a:2b:3c:4d:5e":                           "address 00:1a:2b:3c:4d:5e",
		"Authorization: Bearer hunter2hunt":               "bearer Bearer hunter2hunt",
		"sent bearer hunter2hunter":                       "bearer hunter2hunter",
		"sk-" + "ant-api03-" + r:                          "api_key sk-" + "ant-api03-" + r,
		"x" + "AK" + "IAQRSTUVWXYZ234567":                 "cloud_key AK" + "IAQRSTUVWXYZ234567",
		"a=1&password=hunter2&b=2":                        "parameter hunter2",
		`{"password":"correct horse"}`:                    "parameter correct horse",
		"postgres://u:p4ss@db/x":                          "parameter u:p4ss",
		"tool --password hunter2 x":                       "parameter hunter2",
		"value " + r[:30]:                                 "high_entropy " + r[:30],
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa":              "iban 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
		"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq":      "iban bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
		"x c2st" + "YW50LWFwaTAzLWFCM2RFNWZHN2hJOWpLMWw=": "high_entropy c2st" + "YW50LWFwaTAzLWFCM2RFNWZHN2hJOWpLMWw\napi_key sk-" + "ant-api03-aB3dE5fG7hI9jK1l",
	} {
		if got := kinds(s, text); got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

func TestFindsNothing(t *testing.T) {
	s := New()
	for _, text := range []string{"", "/v1/chat/completions", "[EMAIL] [SECRET:openai] [IP] password=[SECRET]&x=1", "Authorization: [AUTH]",
		"principal h1:k1:abcdefghijklmnopqrstuv used c1:k1:aB3dE5fG7hI9jK1lM3nO5p:openai", `{"client_address":"203.0.113.7","n":4111111111111111}`,
		"Chrome/120.0.6099.109", "version 1.2.3.4", "2024-08-06 10:00:00", "99789635-18d0-480f-8182-a3a3c477a6a4", "react@18.2.0.tgz", "logo@2x.png",
		"max_tokens=1024", "git@github.com:org/repo", "12:34:56", "sk-learn", "task-management-application-frontend", `"token":null`} {
		if got := kinds(s, text); got != "" {
			t.Errorf("%q: found %q", text, got)
		}
	}
}

func TestLineMasks(t *testing.T) {
	s := New()
	var got []string
	s.Line("a=jane.roe@example.org \x1bpassword=日本語です", func(kind, excerpt string) { got = append(got, kind+" "+excerpt) })
	if want := "email a=… 22,parameter 日本… 5"; strings.Join(got, ",") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLineIsBounded(t *testing.T) {
	s := New()
	n := 0
	s.Line(strings.Repeat("a@b.com 4111 1111 1111 1111 ", MaxLine/20), func(kind, _ string) { n++ })
	if n == 0 || n > maxFindings {
		t.Errorf("%d findings", n)
	}
	for _, unit := range []string{"@", "a@", "%25", "a.", "1 ", "a=", "key=", ":", "[", "eyJ", "-----BEGIN PRIVATE KEY-----", "http://a:", "\\u0040", "ABSK", "password:", "a1B2", "&amp;", "41", "curl -u ", " at a dot "} {
		text := strings.Repeat(unit, (32<<10)/len(unit))
		start := time.Now()
		s.Line(text, func(string, string) {})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q took %v", unit, took)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("jane%2540example.org [EMAIL] \x1a\xff")
	f.Add("password=" + r + " DE89370400440532013000")
	s := New()
	f.Fuzz(func(t *testing.T, text string) {
		s.Line(text, func(kind, excerpt string) {
			var k schemas.RedactionKind
			if err := k.UnmarshalText([]byte(kind)); err != nil || len(excerpt) > 24 {
				t.Errorf("found %q %q", kind, excerpt)
			}
		})
	})
}
