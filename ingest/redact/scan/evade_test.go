package scan

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
)

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
		"tel %28415%29+555-2671", "tel [PHONE]",
		"(415)5552671", "[PHONE]",
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

// What stands near an address does not make it a version.
func TestVersions(t *testing.T) {
	becomes(t, 0,
		"version mismatch from 203.0.113.5", "version mismatch from [IP]",
		"upgrade required by 203.0.113.5", "upgrade required by [IP]",
		"websocket upgrade from 203.0.113.5", "websocket upgrade from [IP]",
		"203.0.113.5 sent version 2", "[IP] sent version 2",
		"update of x at 203.0.113.5", "update of x at [IP]",
		"kernel: 203.0.113.5 refused", "kernel: [IP] refused",
		`{"agent":"203.0.113.5"}`, `{"agent":"[IP]"}`,
		"build agent: 203.0.113.5", "build agent: [IP]",
		"app?v=203.0.113.5", "app?v=[IP]",
	)
	unchanged(t, 0, "upgrade to 1.2.3.4", "upgrade from 1.2.3 to 1.2.3.4 now", "release 1.2.3.4", "firmware 1.2.3.4", "section 1.2.3.4",
		`{"os":"1.2.3.4"}`, `{"fw":"1.2.3.4"}`, `cannot parse "1.2.3.4" as semver`, "app.js?v=1.2.3.4", "app-1.2.3.4.jar:1.2.3.4")
}

func TestSpokenAddresses(t *testing.T) {
	becomes(t, 0,
		"mail jo [at] example [dot] org now", "mail [EMAIL] now",
		"jo(at)example.org", "[EMAIL]",
		"jo {at} example.co.uk", "[EMAIL]",
		"jo at example dot org", "[EMAIL]",
		"JO AT EXAMPLE DOT ORG", "[EMAIL]",
		"jo=40example.org", "[EMAIL]",
		"jo&commat;example&period;org", "[EMAIL]",
	)
	unchanged(t, 0, "look at example dot com", "he is at example.com (at home)", "at", "(at)", "x (at)", "meet at noon dot", "a at b", "jo [at] example")
	unchanged(t, Parameters, "a=40example.org", "a=1&b=40example.org")
}

func TestCommandLines(t *testing.T) {
	becomes(t, 0,
		"tool --password hunter2 -v", "tool --password [SECRET] -v",
		"tool --api-key 'a b'", "tool --api-key '[SECRET]'",
		"curl -u joe:pw http://x", "curl -u [SECRET] http://x",
		"curl --user=joe:pw http://x", "curl --user=[SECRET] http://x",
		"mysql -u root -ptoor db", "mysql -u root -p[SECRET] db",
		"sshpass -p pw ssh h", "sshpass -p [SECRET] ssh h",
		"redis-cli -a pw ping", "redis-cli -a [SECRET] ping",
		`form-data; name="password"\r\n\r\nhunter2\r\n--b`, `form-data; name="password"\r\n\r\n[SECRET]\r\n--b`,
		"jdbc:oracle:thin:scott/tiger@h", "jdbc:oracle:thin:[SECRET:url]@h",
	)
	unchanged(t, 0, "tool --password", "tool --password --user x", "tool --token-limit 5", "curl -u admin http://x", "docker run -u 1:1 -p 80:80", "mkdir -p /a",
		"ssh -p 22 h", "docker login --password-stdin", `form-data; name="note"\r\n\r\nhello\r\n--b`, `name="password"`, "-", "--", "-u")
}

func TestDisguisedKeys(t *testing.T) {
	const r = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9"
	key := "gh" + "p_" + r[:36]
	becomes(t, 0,
		"x"+key+" y", "x[SECRET:github] y",
		"my_-----BEGIN EC PRIV"+"ATE KEY----- "+r+" -----END EC PRIV"+"ATE KEY----- y", "my_[PRIVATE_KEY] y",
		hex.EncodeToString([]byte(key))+" y", "[SECRET:github] y",
		base64.StdEncoding.EncodeToString([]byte(key))+" y", "[SECRET:github] y",
		"cohere key "+r[:40], "cohere key [SECRET:cohere]",
		"azure openai key 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "azure openai key [SECRET:azure_openai]",
		"pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "pay [CRYPTO]",
		"pay bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "pay [CRYPTO]",
		"ip=3405803783", "ip=[IP]", "ip 203-0-113-7", "ip [IP]", "ip 0313.0000.0161.0007", "ip [IP]",
		`{"card":4111111111111111}`, `{"card":[CARD]}`,
		"sk-"+"ant-api03-abc1234567890=\ndef1234", "[SECRET:anthropic]",
	)
	unchanged(t, 0, "trace 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "azure trace 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "n=3405803783", "build 203-0-113-7",
		`{"card":4111111111111112}`, `{"n":4111111111111111}`, "data:image/png;base64,"+r, "sha256-"+r, `"etag":"`+r+`"`)
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
