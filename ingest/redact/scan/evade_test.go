package scan

import "testing"

// What an attacker, or an encoder, makes of personal data and secrets so that
// they are read and not recognised.
func TestVariantsOfCharacters(t *testing.T) {
	becomes(t, 0,
		"jo@example.com", "[EMAIL]",
		"jo\ufe6bexample.com", "[EMAIL]",
		"jo@example\u3002com", "[EMAIL]",
		`jo\100example.com`, "[EMAIL]",
		`jo\u{40}example.com`, "[EMAIL]",
		`jo\U00000040example.com`, "[EMAIL]",
		"jo%u0040example.com", "[EMAIL]",
		"\u0664\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661", "[CARD]",
		"\U0001d7d2\U0001d7cf\U0001d7cf\U0001d7cf 1111 1111 1111", "[CARD]",
		"4111\u00a01111\u202f1111\u20031111", "[CARD]",
		"4111\u20131111\u20101111\u22121111", "[CARD]",
		"4111  1111  1111  1111", "[CARD]",
		"4111/1111/1111/1111", "[CARD]",
		"DE89.3704.0044.0532.0130.00", "[IBAN]",
		"\U0001d429\U0001d41a\U0001d42c\U0001d42c\U0001d430\U0001d428\U0001d42b\U0001d41d=hunter2", "\U0001d429\U0001d41a\U0001d42c\U0001d42c\U0001d430\U0001d428\U0001d42b\U0001d41d=[SECRET]",
	)
	unchanged(t, 0, `C:\100\new`, `\u{`, `\u{}`, "\u3002", "a\u00a0b", "4111  1111", "\u0661\u0662", "1/2/3/4", "2024/08/06  10:00")
}

func TestAddressesGlued(t *testing.T) {
	becomes(t, 0,
		"ip203.0.113.7", "ip[IP]",
		"client_ip_203.0.113.7 x", "client_ip_[IP] x",
		"client:2001:db8::1", "client:[IP]",
		"from:2001:db8:1:2:3:4:5:6", "from:[IP]",
		"jo@[192.0.2.1]", "[EMAIL]",
		"jo@[IPv6:2001:db8::1]", "[EMAIL]",
	)
	unchanged(t, 0, "v1.2.3.4", "lib1.2.3.4", "ip203.0.113.7.9", "std::a1::b2", "Foo::Bar2", "a@[x]", "@[")
}

func TestNamesInOtherForms(t *testing.T) {
	becomes(t, 0,
		"?token[]=a", "?token[]=[SECRET]",
		"?token%5B%5D=a", "?token%5B%5D=[SECRET]",
		"?auth[token][0]=a", "?auth[token][0]=[SECRET]",
		"?pw=a", "?pw=[SECRET]",
		"?passcode=a", "?passcode=[SECRET]",
		"<password>a b</password>", "<password>[SECRET]</password>",
		"<ns:api_key>a</ns:api_key>", "<ns:api_key>[SECRET]</ns:api_key>",
		"<token>a", "<token>[SECRET]",
		"x: (b'x-api-key', b'a')", "x: (b'x-api-key', b'[SECRET]')",
		`{"h":[["authorization", "a b"]]}`, `{"h":[["authorization", "[AUTH]"]]}`,
		`{"name":"x-api-key","value":"a"}`, `{"name":"x-api-key","value":"[SECRET]"}`,
		`{\"name\":\"x-api-key\",\"value\":\"a\"}`, `{\"name\":\"x-api-key\",\"value\":\"[SECRET]\"}`,
	)
	becomes(t, Prompts, `{"inputs":"my name is Jo"}`, `{"inputs":"[PROMPT]"}`)
	unchanged(t, 0, "<b>bold</b>", "a->token>b", `["model","gpt-4o"]`, `{"kind":"token","n":1}`, `"password",`, `"token","`, "<token>", "list[0]=a", "pw", "a[]=1", "x[=1", "]=1")
}
