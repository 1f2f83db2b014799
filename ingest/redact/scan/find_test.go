package scan

import "testing"

// unchanged holds that each text is left as it is.
func unchanged(t *testing.T, mode Mode, texts ...string) {
	t.Helper()
	var s Scanner
	for _, in := range texts {
		if got, _ := clean(t, &s, in, mode); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// becomes holds that each text becomes the next.
func becomes(t *testing.T, mode Mode, pairs ...string) {
	t.Helper()
	var s Scanner
	for i := 0; i < len(pairs); i += 2 {
		if got, _ := clean(t, &s, pairs[i], mode); got != pairs[i+1] {
			t.Errorf("%q became %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}

func TestEmails(t *testing.T) {
	becomes(t, 0,
		"o'brien@example.com", "[EMAIL]",
		"x.y+z=w@example.com", "x.y+z=[EMAIL]",
		"a@b.co.uk/path", "[EMAIL]/path",
		"a@192.0.2.1", "[EMAIL]",
		"a@b.com@c.com", "[EMAIL]@c.com",
		"<a@b.com>", "<[EMAIL]>",
		"a@b--c.com", "[EMAIL]",
		"a@b.com-", "[EMAIL]-",
		"a@b.com.", "[EMAIL].",
		"mailto:a@b.xn--p1ai", "mailto:[EMAIL]",
	)
	unchanged(t, 0, "a@b", "a@b.1", "@b.com x", "a@.com", "a@b..com", "a @ b.com", "user@host:8080", "x@y.z", "@", "a@")
}

func TestURLs(t *testing.T) {
	becomes(t, 0,
		"https://u:p@example.com/x", "https://[SECRET:url]@example.com/x",
		"https://token@example.com", "https://[SECRET:url]@example.com",
		"amqp://u:p%40q@h/v", "amqp://[SECRET:url]@h/v",
		"jdbc:mysql://u:p@h:3306/db?password=x", "jdbc:mysql://[SECRET:url]@h:3306/db?password=[SECRET]",
		"u:p@tcp(127.0.0.1:3306)/db", "[SECRET:url]@tcp(127.0.0.1:3306)/db",
	)
	unchanged(t, 0, "https://example.com/@handle", "https://example.com/a?b=c@d", "ssh://git@github.com/x", "http://h:8080/a", "https://")
}

func TestAddresses(t *testing.T) {
	becomes(t, 0,
		"203.0.113.7/24", "[IP]/24",
		"peer=203.0.113.7;", "peer=[IP];",
		"(203.0.113.7)", "([IP])",
		"203.0.113.7:80", "[IP]:80",
		"https://203.0.113.7/a", "https://[IP]/a",
		"::ffff:203.0.113.7", "[IP]",
		"2001:db8::", "[IP]",
		"2001:db8::1.", "[IP].",
		"fe80::1%eth0", "[IP]%eth0",
		"00-1A-2B-3C-4D-5E", "[MAC]",
	)
	unchanged(t, 0, "256.1.1.1", "1.2.3", "01.2.3.4", "Chrome/120.0.6099.1", "Product/1.2.3.4 x", "v1.2.3.4", "version: 1.2.3.4", "1.2.3.4-rc1",
		"127.0.0.1", "0.0.0.0", "255.255.255.255", "10.0.0.0", "::1", "::", "a::b::c1", "12:34:56", "1:2:3:4", "00:1A:2B:3C:4D", "00-1A-2B-3C-4D-5E-6F",
		"00:1A:2B:3C:4D:5E:6F:70:81", "Foo::Bar2", "10:00")
}

func TestNumbers(t *testing.T) {
	becomes(t, 0,
		"4111 1111 1111 1111", "[CARD]",
		"x 4111-1111-1111-1111.", "x [CARD].",
		"(4111111111111111)", "([CARD])",
		`"4111111111111111"`, `"[CARD]"`,
		`{"n": "4111111111111111"}`, `{"n": "[CARD]"}`,
		"3782-822463-10005", "[CARD]",
		"12 415-555-2671", "12 [PHONE]",
		"phone=0123 456", "phone=[PHONE]",
		"my phone number is 5551234567", "my phone number is [PHONE]",
		"userPhone: 5551234567", "userPhone: [PHONE]",
		"+4915112345678", "[PHONE]",
		"00 44 20 7946 0958", "[PHONE]",
	)
	unchanged(t, 0, "4111 1111 1111 1112", "4111 11111111 1111", "a4111111111111111", "4111111111111111a", "4111111111111111.5", "0.4111111111111111",
		`{"n": 4111111111111111}`, `{"n":4111111111111111}`, "1234567890", "123-456", "2024-08-06 10:00:00", "2024-08-06 1234567", "06/08/2024 10:30",
		"00000000-1111-2222-3333-444444444444", "12345678901234567890123456789", "+0123456789", "1+23456789", "1 2 3 4 5 6 7 8 9", "telemetry=1234567890",
		"5551234567 calls", "1.2.3.4.5.6.7.8")
	unchanged(t, ID, "4111111111111111", "+4915112345678", "078-05-1120")
}

func TestNames(t *testing.T) {
	becomes(t, 0,
		"password = hunter2", "password = [SECRET]",
		"password: 'a b'", "password: '[SECRET]'",
		`password="a\"b" x`, `password="[SECRET]" x`,
		`{"password" : "a"}`, `{"password" : "[SECRET]"}`,
		`{'token': 'a'}`, `{'token': '[SECRET]'}`,
		`{"secrets":{"password":{"a":"b"}}}`, `{"secrets":{"password":[SECRET]}}`,
		"user[password]=x&a=1", "user[password]=[SECRET]&a=1",
		"?a=1&sig=x#frag", "?a=1&sig=[SECRET]#frag",
		"api_key=a, next", "api_key=[SECRET], next",
		"(token=a)", "(token=[SECRET])",
		"x-api-key:abc", "x-api-key:[SECRET]",
		"key: aB3dE5fG7", "key: [SECRET]",
		"authorization=Bearer x", "authorization=[AUTH]",
		"Authorization: AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=h, Signature=abc", "Authorization: [AUTH]",
	)
	unchanged(t, 0, "key: value", "key=value is prose", "code: 429", `"code":"rate_limit"`, "session: open", "token", "password", "password=", "password: null",
		`"token":null`, `{"token":""}`, "max_tokens=5", "tokens: 5", `"key":"99789635-18d0-480f-8182-a3a3c477a6a4"`, "monkey=1", "author=me", "state=open")
	becomes(t, Parameters, "key=a&code=b&session=c&state=d", "key=[SECRET]&code=[SECRET]&session=[SECRET]&state=[SECRET]", "a=1&my_key=b", "a=1&my_key=[SECRET]")
	unchanged(t, Parameters, "a=1&keyword=b", "q=key", "&&==", "=", "a", "n=1&prompt_tokens=5")
}

func TestSchemes(t *testing.T) {
	becomes(t, 0,
		"sent Bearer abc123 twice", "sent Bearer [AUTH] twice",
		"BEARER ABC123", "BEARER [AUTH]",
		"Basic dTpwYXNz", "Basic [AUTH]",
		"bearer  abc123", "bearer  [AUTH]",
	)
	unchanged(t, 0, "Bearer token", "bearer Authentication", "Basic plan", "the basic idea", "digest mail", "Bearer", "Bearer ", "forbearer abc123")
}

func TestMarkersAreLeft(t *testing.T) {
	for m := range markers {
		unchanged(t, 0, m, m+m, "a "+m+" b", "x="+m+"&y="+m)
		unchanged(t, Parameters|Prompts, m, "password="+m+"&prompt="+m, `{"content":"`+m+`"}`)
	}
	becomes(t, 0, "password=[EMAIL]x", "password=[SECRET]", "[SECRET:nobody] a@b.com", "[SECRET:[SECRET]] [EMAIL]")
}
