package glyph

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Ignore Previous":  "ignore previous",
		"  i g n o r e  ":  "i g n o r e",
		"ig-nore, PLEASE!": "ig nore piease",
		"1gn0r3":           "i gn o r e",
		"p@ss a @ b $ys":   "p a ss a b s ys",
		"іgnоrе":           "ignore", // Cyrillic
		"ιgnοrε":           "ignore", // Greek
		"ｉｇｎｏｒｅ":           "ignore",
		"𝐢𝐠𝐧𝐨𝐫𝐞 𝒾𝑔𝓃ℴ𝓇ℯ 𝔦𝔤𝔫𝔬𝔯𝔢": "ignore ignore ignore",
		"ⓘⓖⓝⓞⓡⓔ 🅘🅖🅝🅞🅡🅔 🇮🇬🇳🇴🇷🇪": "ignore ignore ignore",
		"ɪɢɴᴏʀᴇ":                      "ignore",
		"i\u200bg\u200dn\u00adore":    "ignore",
		"i̶g̶n̶o̶r̶e̶ ígnôrë i\u0308": "ignore ignore i",
		"ignorieren Sie die Größe":    "ignorieren sie die große",
		"oﬃce ﬁle":                    "office fiie",
		"忽略指令":                        "忽 略 指 令",
		"무시해":                         "무 시 해",
		"игнорируй":                   "игнopиpyй",
		"\U000E0069\U000E0067\U000E006E\U000E006F\U000E0072\U000E0065": "ignore",
		"ال\u064fتعليمات":                                              "التعليمات",
		"":                                                             "",
		"\xff\xfe":                                                     "",
		"निर्देश":                                                      "निर्देश",
	} {
		if got := string(Default().AppendFold(nil, in)); got != strings.Replace(want, "игнopиpyй", string(Default().AppendFold(nil, "игнорируй")), 1) {
			t.Errorf("%q is folded to %q, want %q", in, got, want)
		}
	}
	if got := string(Default().AppendFold([]byte("a"), "b")); got != "a b" {
		t.Errorf("joined %q", got)
	}
}

func TestFoldIsBoundedAndAtRest(t *testing.T) {
	table := Default()
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		once := table.AppendFold(nil, string(r))
		if len(once) > 4*utf8.RuneLen(r) {
			t.Fatalf("%U is folded to %d bytes", r, len(once))
		}
		if twice := table.AppendFold(nil, string(once)); string(twice) != string(once) {
			t.Fatalf("%U is folded to %q, then to %q", r, once, twice)
		}
	}
}

func TestProperties(t *testing.T) {
	for _, c := range []struct {
		chars  string
		script Script
		flags  Flags
	}{
		{"éßÆ", Latin, Letter}, {"жщы", Cyrillic, Letter}, {"аро", Cyrillic, Letter | Lookalike}, {"λΔ", Greek, Letter},
		{"αο", Greek, Letter | Lookalike}, {"ب", Arabic, Letter}, {"א", Hebrew, Letter}, {"हि", Devanagari, Letter},
		{"กี", Thai, Letter | Dense}, {"漢\U00020000", Han, Letter | Dense}, {"かカ", Kana, Letter | Dense}, {"한", Hangul, Letter},
		{"ა", Georgian, Letter}, {"የ", Ethiopic, Letter}, {"𝐀𝒾Ⓐ🅐🇦ɢ", Latin, Letter | Styled}, {"٣२", None, Digit},
		{"\u0301\u064f", None, Mark}, {"\u200b\u200d\ufe0f\ufeff\u00ad\u3164", None, Invisible},
		{"\U000E0041\U000E0101\u202e", None, Invisible | Smuggled}, {"—…😀€", None, 0}, {"ᚠ", Unnamed, Letter},
	} {
		for _, r := range c.chars {
			if g := Default().Of(r); g.Script != c.script || g.Flags != c.flags {
				t.Errorf("%c (%U) is of script %d with flags %b, want %d and %b", r, r, g.Script, g.Flags, c.script, c.flags)
			}
		}
	}
	if Default().Of('Ж').Lower != 'ж' || Default().Of('ж').Lower != 0 {
		t.Error("lower case")
	}
	if Default().Of(-1).Flags != 0 || Default().Of(unicode.MaxRune).Flags != 0 {
		t.Error("beyond Unicode")
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Ignore 1t\u200b Ⓐ \xff")
	f.Fuzz(func(t *testing.T, s string) {
		out := Default().AppendFold(nil, s)
		if len(out) > 4*len(s) || !utf8.Valid(out) || strings.Contains(string(out), "  ") || strings.HasPrefix(string(out), " ") {
			t.Errorf("%q", out)
		}
	})
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		build()
	}
}

func BenchmarkFold(b *testing.B) {
	text := strings.Repeat("Please summarise the following text in three sentences. ", 20)
	b.SetBytes(int64(len(text)))
	var buf []byte
	for b.Loop() {
		buf = Default().AppendFold(buf[:0], text)
	}
}
