package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/check"
)

// maker draws values. The two halves of the set draw from different stocks.
type maker struct {
	*rand.Rand
	held bool
}

func (m maker) pick(tuning, held []string) string {
	if m.held {
		tuning = held
	}
	return tuning[m.IntN(len(tuning))]
}

func (m maker) of(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[m.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
	hexes  = "0123456789abcdef"
	base62 = lower + upper + digits
)

// draw draws digits by the mask ('#' any digit, others as they are) until ok
// takes them.
func (m maker) draw(mask string, ok func([]byte) bool) string {
	for {
		b := []byte(mask)
		for i := range b {
			if b[i] == '#' {
				b[i] = digits[m.IntN(10)]
			}
		}
		if ok(b) {
			return string(b)
		}
	}
}

// group puts sep between groups of the sizes.
func group(d, sep string, sizes ...int) string {
	var parts []string
	for _, n := range sizes {
		if len(d) <= n {
			break
		}
		parts, d = append(parts, d[:n]), d[n:]
	}
	return strings.Join(append(parts, d), sep)
}

func (m maker) email() string {
	first := m.pick([]string{"anna", "john.doe", "m.keller", "li-wei", "o'hara", "priya_s", "jürgen", "x99"},
		[]string{"sofia.rossi", "t.nakamura", "aoife", "dev.ops+alerts", "bjørn", "k-lopez", "r2d2", "marie_claire"})
	host := m.pick([]string{"example.com", "mail.example.co.uk", "acme-corp.io", "uni.example.edu", "example.museum"},
		[]string{"corp.example.net", "example.fr", "sub.team.example.dev", "bücher.example", "post.example.com.br"})
	return first + "@" + host
}

func (m maker) emailEncoded() string {
	e := m.email()
	return m.pick([]string{url.QueryEscape(e), url.QueryEscape(url.QueryEscape(e)), strings.Replace(e, "@", `\u0040`, 1), strings.Replace(e, "@", "&#64;", 1), strings.Replace(e, "@", "&commat;", 1)},
		[]string{url.PathEscape(strings.ReplaceAll(e, "@", "%40")), strings.Replace(e, "@", `\x40`, 1), strings.Replace(e, "@", "&#x40;", 1), strings.ReplaceAll(strings.Replace(e, "@", "%40", 1), ".", "%2E"), strings.Replace(e, "@", "&commat;", 1)})
}

func (m maker) emailSpoken() string {
	name, host := m.pick([]string{"anna", "john.doe"}, []string{"sofia.rossi", "tnakamura"}), m.pick([]string{"example", "acme-corp"}, []string{"corp-example", "contoso"})
	return m.pick([]string{name + " [at] " + host + ".com", name + "(at)" + host + ".org", name + " at " + host + " dot com"},
		[]string{name + "[at]" + host + ".net", name + " (at) " + host + " (dot) org", name + " AT " + host + " DOT net"})
}

func (m maker) phone() string {
	n := func(mask string) string { return m.draw(mask, func([]byte) bool { return true }) }
	us := func(mask string) string {
		return m.draw(mask, func(b []byte) bool {
			var d []byte
			for _, c := range b {
				if c >= '0' && c <= '9' {
					d = append(d, c)
				}
			}
			return check.NANP(d[len(d)-10:])
		})
	}
	return m.pick([]string{"+1" + us("##########"), "+44 20 " + n("7### ####"), "+49 " + n("30 ######"), us("(###) ###-####"), us("###-###-####"), "0171 " + n("#######"), "+33 " + n("6 ## ## ## ##"), "020 " + n("7### ####")},
		[]string{"+1 " + us("### ### ####"), "+44" + n("79########"), "+49 (0)" + n("151 / #######"), us("###.###.####"), "+81-3-" + n("####-####"), "+34 " + n("6## ### ###"), "+55 11 " + n("9####-####"), "+1-" + us("###-###-####"), "+48 " + n("### ### ###")})
}

func (m maker) phoneBare() string {
	return m.draw(m.pick([]string{"415#######", "0171#######"}, []string{"212#######", "0660#######", "98765#####"}), func([]byte) bool { return true })
}

func (m maker) card() string {
	return m.draw(m.pick([]string{"4###############", "51##############", "37#############", "6011############"}, []string{"4###############", "2345############", "55##############", "34#############", "3530############", "36############"}), check.Card)
}

func (m maker) cardGrouped() string {
	d := m.card()
	sep := m.pick([]string{" ", "-"}, []string{" ", "-"})
	if len(d) < 16 {
		return group(d, sep, 4, 6)
	}
	return group(d, sep, 4, 4, 4)
}

func (m maker) iban() string {
	mask := m.pick([]string{"DE####################", "FR#########################", "NL##INGB##########", "CH###################"},
		[]string{"GB##BARC##############", "ES######################", "IT##X######################", "BE##############", "PL##########################", "AT##################"})
	// The check digits follow from the rest: draw until they do.
	return m.draw(mask, check.IBAN)
}

func (m maker) ibanGrouped() string { return group(m.iban(), " ", 4, 4, 4, 4, 4, 4, 4, 4) }

func (m maker) national() string {
	if !m.held {
		switch m.IntN(8) {
		case 0:
			d := m.draw("#########", check.SSN)
			return "SSN \x00" + d[:3] + "-" + d[3:5] + "-" + d[5:]
		case 1:
			return "DNI \x00" + m.nif()
		case 2:
			d := m.draw("###########", check.CPF)
			return "CPF \x00" + d[:3] + "." + d[3:6] + "." + d[6:9] + "-" + d[9:]
		case 3:
			return "PESEL \x00" + m.draw("###########", check.PESEL)
		case 4:
			return "NHS number \x00" + group(m.draw("##########", check.NHS), " ", 3, 3)
		case 5:
			return "Aadhaar \x00" + group(m.draw("############", check.Aadhaar), " ", 4, 4)
		case 6:
			return "Steuer-ID \x00" + group(m.draw("###########", check.GermanTax), " ", 2, 3, 3)
		}
		return "passport no \x00" + m.of(upper, 1) + m.of(digits, 8)
	}
	switch m.IntN(9) {
	case 0:
		return "social security number: \x00" + m.draw("#########", check.SSN)
	case 1:
		return "codice fiscale \x00" + m.fiscal()
	case 2:
		return "BSN: \x00" + m.draw("#########", check.BSN)
	case 3:
		return "numéro de sécu \x00" + group(m.draw("###############", check.NIR), " ", 1, 2, 2, 2, 3, 3)
	case 4:
		return "personnummer \x00" + group(m.draw("##########", check.Personnummer), "-", 6)
	case 5:
		return "SIN \x00" + group(m.draw("#########", check.SIN), "-", 3, 3)
	case 6:
		return "ITIN \x009" + m.draw("##-7#-####", func([]byte) bool { return true })
	case 7:
		return "passport number: \x00" + m.of(digits, 9)
	}
	return "NIE \x00" + m.nie()
}

func (m maker) nif() string {
	for {
		d := m.of(digits, 8)
		for _, l := range upper {
			if check.NIF([]byte(d + string(l))) {
				return d + string(l)
			}
		}
	}
}

func (m maker) nie() string {
	d := m.of("XYZ", 1) + m.of(digits, 7)
	for _, l := range upper {
		if check.NIF([]byte(d + string(l))) {
			return d + string(l)
		}
	}
	return m.nie()
}

func (m maker) fiscal() string {
	d := m.of(upper, 6) + m.of(digits, 2) + m.of("ABCDEHLMPRST", 1) + m.of("0123", 1) + m.of("123456789", 1) + m.of(upper, 1) + m.of(digits, 3)
	for _, l := range upper {
		if check.FiscalCode([]byte(d + string(l))) {
			return d + string(l)
		}
	}
	return m.fiscal()
}

func (m maker) ip4() string {
	return fmt.Sprintf("%s.%d.%d", m.pick([]string{"203.0", "198.51", "10.20", "192.168"}, []string{"185.199", "91.34", "172.16", "52.94"}), m.IntN(254)+1, m.IntN(254)+1)
}

func (m maker) ip6() string {
	return netip.MustParseAddr(m.pick([]string{"2001:db8::", "fe80::1ff:"}, []string{"2a02:8108::", "2607:f8b0:4005::"}) + m.pick([]string{"1:", "a0:"}, []string{"9d3f:7:", "80a:"}) + m.of("123456789abcdef", 3)).String()
}

func (m maker) mac() string {
	return group(m.of(hexes, 12), m.pick([]string{":"}, []string{":", "-"}), 2, 2, 2, 2, 2)
}

func (m maker) secretText() string {
	return m.pick([]string{"hunter2", "tr0ub4dor", "S3cure!pw", "letmein-2024"}, []string{"Winter2026!", "opensesame", "p@ssw0rd#1", "qwe123RTY", "Pa55.word"})
}

func (m maker) base58() string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	b := make([]byte, 21)
	for i := 1; i < len(b); i++ {
		b[i] = byte(m.IntN(256))
	}
	if m.held {
		b[0] = 5
	}
	one := sha256.Sum256(b)
	two := sha256.Sum256(one[:])
	n := new(big.Int).SetBytes(append(b, two[:4]...))
	var out []byte
	for n.Sign() > 0 {
		mod := new(big.Int)
		n.DivMod(n, big.NewInt(58), mod)
		out = append([]byte{alphabet[mod.Int64()]}, out...)
	}
	if b[0] == 0 {
		out = append([]byte{'1'}, out...)
	}
	return string(out)
}

// near returns what looks like something and is nothing.
func (m maker) near(what string) string {
	switch what {
	case "uuid":
		return group(m.of(hexes, 32), "-", 8, 4, 4, 4)
	case "ulid":
		return "01" + m.of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24)
	case "hex32":
		return m.of(hexes, 32)
	case "hex40":
		return m.of(hexes, 40)
	case "hex64":
		return m.of(hexes, 64)
	case "short":
		return m.of(hexes, 7)
	case "ms":
		return "17" + m.of(digits, 11)
	case "ns":
		return "17" + m.of(digits, 17)
	case "iso":
		return fmt.Sprintf("2026-%02d-%02dT%02d:%02d:%02d.%sZ", m.IntN(12)+1, m.IntN(28)+1, m.IntN(24), m.IntN(60), m.IntN(60), m.of(digits, 6))
	case "clf":
		return fmt.Sprintf("%02d/Nov/2026:%02d:%02d:%02d +0000", m.IntN(28)+1, m.IntN(24), m.IntN(60), m.IntN(60))
	case "version":
		return fmt.Sprintf("%d.%d.%d", m.IntN(20), m.IntN(40), m.IntN(99))
	case "version4":
		return fmt.Sprintf("%d.%d.%d.%d", m.IntN(20)+1, m.IntN(40), m.IntN(99), m.IntN(9)+1)
	case "order":
		return m.of("123456789", 1) + m.of(digits, 6+m.IntN(12))
	case "float":
		return fmt.Sprintf("0.%s", m.of(digits, 8+m.IntN(8)))
	case "ean":
		return "40" + m.of(digits, 11)
	case "isbn":
		return m.pick([]string{"978-3-16-148410-0", "978-0-306-40615-7", "0-19-853453-1"}, []string{"978-1-4028-9462-6", "979-10-90636-07-1", "978-84-376-0494-7"})
	case "part":
		return m.of(upper, 2) + "-" + m.of(digits, 4) + "-" + m.of(digits, 3)
	case "coord":
		return fmt.Sprintf("%d.%s,%d.%s", m.IntN(89), m.of(digits, 6), m.IntN(179), m.of(digits, 6))
	case "etag":
		return `W/"` + m.of(hexes, 16) + `"`
	case "trace":
		return "00-" + m.of(hexes, 32) + "-" + m.of(hexes, 16) + "-01"
	case "object":
		return m.pick([]string{"chatcmpl-", "msg_", "req_", "file-"}, []string{"resp_", "run_", "thread_", "toolu_", "batch_"}) + m.of(base62, 24)
	case "model":
		return m.pick([]string{"gpt-4o-2024-08-06", "claude-3-5-sonnet-20241022", "gemini-1.5-pro-002", "meta-llama/Llama-3.1-70B-Instruct"},
			[]string{"gpt-4.1-mini-2025-04-14", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "mistral-large-2411", "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B"})
	case "ports":
		return fmt.Sprintf("%d,%d,%d", 8000+m.IntN(999), 9000+m.IntN(999), 10000+m.IntN(999))
	case "word":
		return m.pick([]string{"sk-learn", "task-runner-v2", "risk-score-model", "monkey-patch", "hf_hub_download"}, []string{"sk-SK", "desk-booking-api", "disk-usage-exporter", "turkey-index", "AIza_prefix", "gsk_alpha"})
	case "image":
		return "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg" + base64.RawStdEncoding.EncodeToString([]byte(m.of(base62, 30)))
	case "pod":
		return m.pick([]string{"litellm-proxy-", "kong-gw-"}, []string{"envoy-ai-gateway-", "apisix-dp-"}) + m.of("bcdfghjklmnpqrstvwxz2456789", 10) + "-" + m.of("bcdfghjklmnpqrstvwxz2456789", 5)
	case "agent":
		return m.pick([]string{"OpenAI/Python 1.30.1", "curl/8.6.0", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.109 Safari/537.36", "python-requests/2.31.0"},
			[]string{"anthropic-sdk-typescript/0.27.3", "Go-http-client/2.0", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15", "axios/1.7.2", "okhttp/4.12.0"})
	case "path":
		return m.pick([]string{"/v1/chat/completions", "/v1/embeddings", "/openai/deployments/gpt-4o/chat/completions", "/v1/models"}, []string{"/v1/messages", "/v1beta/models/gemini-1.5-pro:generateContent", "/model/anthropic.claude-3/invoke", "/v1/responses", "/mcp"})
	case "maclike":
		return m.of(hexes, 2) + ":" + m.of(hexes, 2) + ":" + m.of(hexes, 2)
	case "fingerprint":
		return group(m.of(hexes, 40), ":", 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2)
	case "n":
		return m.of("123456789", 1) + m.of(digits, m.IntN(4))
	}
	panic(what)
}
