package glyph

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// scripts has the Unicode tables of the scripts. The order does not count: no
// character has two scripts.
var scripts = map[Script][]*unicode.RangeTable{
	Latin: {unicode.Latin}, Cyrillic: {unicode.Cyrillic}, Greek: {unicode.Greek}, Arabic: {unicode.Arabic},
	Hebrew: {unicode.Hebrew}, Devanagari: {unicode.Devanagari}, Thai: {unicode.Thai}, Han: {unicode.Han},
	Kana: {unicode.Hiragana, unicode.Katakana}, Hangul: {unicode.Hangul}, Armenian: {unicode.Armenian},
	Georgian: {unicode.Georgian}, Bengali: {unicode.Bengali}, Gurmukhi: {unicode.Gurmukhi},
	Gujarati: {unicode.Gujarati}, Tamil: {unicode.Tamil}, Telugu: {unicode.Telugu}, Kannada: {unicode.Kannada},
	Malayalam: {unicode.Malayalam}, Sinhala: {unicode.Sinhala}, Lao: {unicode.Lao}, Khmer: {unicode.Khmer},
	Myanmar: {unicode.Myanmar}, Ethiopic: {unicode.Ethiopic}, Cherokee: {unicode.Cherokee},
}

// invisible are the characters without width: soft hyphen, grapheme joiner,
// Arabic letter mark, Hangul and Khmer fillers, zero-width space, joiners and
// direction marks, word joiner and invisible operators, byte order mark,
// variation selectors, shorthand and musical controls.
var invisible = [][2]rune{{0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},
	{0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
	{0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}}

// build makes the table.
func build() *Table {
	t := new(Table)
	each(unicode.L, func(r rune) { t.low[r].Flags |= Letter; t.low[r].Script = Unnamed })
	each(unicode.N, func(r rune) { t.low[r].Flags |= Digit })
	each(unicode.M, func(r rune) {
		if accent(r) {
			t.low[r].Flags |= Mark
		} else {
			t.low[r].Flags |= Letter
		}
	})
	for script, tables := range scripts {
		for _, table := range tables {
			each(table, func(r rune) {
				if g := &t.low[r]; g.Has(Letter) {
					if g.Script = script; dense(script) {
						g.Flags |= Dense
					}
				}
			})
		}
	}
	for r := range rune(size) {
		if g := &t.low[r]; g.Has(Letter) {
			if low := unicode.ToLower(r); low != r && low <= 0xFFFF {
				g.Lower = uint16(low)
			}
		}
		t.fold(r)
	}
	for _, run := range invisible {
		for r := run[0]; r <= run[1]; r++ {
			t.low[r] = Glyph{Flags: Invisible}
		}
	}
	for _, r := range []rune{0x202D, 0x202E} {
		t.low[r].Flags |= Smuggled
	}
	t.han = Glyph{Script: Han, Flags: Letter | Dense}
	t.selector = Glyph{Flags: Invisible | Smuggled}
	for i := range t.tag {
		t.tag[i] = Glyph{Flags: Invisible | Smuggled}
		if c := byte(i); leet[c] != 0 { // a tag stands for the ASCII character of its low bits
			t.tag[i].Fold[0] = uint16(leet[c] & 0x7f)
		}
	}
	return t
}

// each calls f for the characters of table that are beyond ASCII and in low.
func each(table *unicode.RangeTable, f func(rune)) {
	for _, run := range table.R16 {
		for r := rune(run.Lo); r <= rune(run.Hi); r += rune(run.Stride) {
			f(r)
		}
	}
	for _, run := range table.R32 {
		for r := rune(run.Lo); r <= rune(run.Hi) && r < size; r += rune(run.Stride) {
			f(r)
		}
	}
}

// fold sets what r is folded to.
func (t *Table) fold(r rune) {
	g := &t.low[r]
	if c := enclosed(r); c != 0 {
		*g = Glyph{Fold: [3]uint16{uint16(c)}, Script: Latin, Flags: Letter | Styled}
		return
	}
	if r < utf8.RuneSelf {
		if c := leet[r]; c != 0 {
			g.Fold[0] = uint16(unicode.ToLower(r))
		}
		return
	}
	if !g.Has(Letter|Digit) && !compatible(r) {
		return
	}
	n := 0
	add := func(d rune) {
		if c := lookalikes[d]; c != 0 {
			d = rune(c)
		} else if low := unicode.ToLower(d); lookalikes[low] != 0 {
			d = rune(lookalikes[low])
		} else {
			d = low
		}
		if n < len(g.Fold) && d <= 0xFFFF && (d < utf8.RuneSelf && leet[d] != 0 || d >= utf8.RuneSelf && t.low[d].Flags&Mark == 0) {
			g.Fold[n] = uint16(d)
			n++
		}
	}
	var buf [utf8.UTFMax]byte
	parts := norm.NFKD.Properties(buf[:utf8.EncodeRune(buf[:], r)]).Decomposition()
	if lookalikes[r] != 0 || len(parts) == 0 {
		add(r)
	} else {
		for _, d := range string(parts) {
			if unicode.IsLetter(d) || unicode.IsDigit(d) || unicode.IsMark(d) && !accent(d) {
				add(d)
			}
		}
	}
	switch {
	case n == 0 || g.Fold[0] >= utf8.RuneSelf || g.Fold[0] <= '9':
		if n > 0 && !g.Has(Letter|Digit) {
			g.Flags |= Digit
		}
	case !g.Has(Letter): // a letter that Unicode calls a symbol: Ⓐ
		g.Script, g.Flags = Latin, Letter|Styled
	case g.Script == Unnamed || smallCapital(r): // 𝐀 has no script of its own
		g.Script, g.Flags = Latin, g.Flags|Styled
	case g.Script != Latin && lookalikes[r] != 0:
		g.Flags |= Lookalike
	}
}

// accent reports whether r is a mark that text can do without: accents, and the
// vowel points of Arabic and Hebrew. The marks of other scripts are letters.
func accent(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) && (r < 0x900 || r >= 0x1AB0 && r < 0x1B00 || r >= 0x1DC0 && r < 0x2100 || r >= 0xFE00)
}

// dense reports whether a script puts no spaces between words.
func dense(s Script) bool {
	return s == Han || s == Kana || s == Thai || s == Lao || s == Khmer || s == Myanmar
}

// compatible reports whether r is in a block of symbols that stand for letters:
// letterlike, enclosed, and squared ones.
func compatible(r rune) bool {
	return r >= 0x2100 && r < 0x2150 || r >= 0x2460 && r < 0x2500 || r >= 0x3200 && r < 0x3400 || r >= 0x1F100 && r < 0x1F200
}

// enclosed returns the letter in r if r is a circle or square in negative, or a
// regional indicator, which Unicode does not decompose; else 0.
func enclosed(r rune) byte {
	for _, first := range [...]rune{0x1F150, 0x1F170, 0x1F1E6} {
		if r >= first && r < first+26 {
			return 'a' + byte(r-first)
		}
	}
	return 0
}
