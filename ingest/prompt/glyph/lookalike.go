package glyph

import "strings"

// lookalikes maps letters to the Latin letter that they look like. NFKD, case
// and accents are undone elsewhere: here is what has no decomposition. The
// letters of other scripts are those of Unicode's confusables (UTS #39) that are
// met in prompts; small capitals and letters with strokes are added.
var lookalikes = func() map[rune]byte {
	m := make(map[rune]byte)
	for group := range strings.FieldsSeq(`
		aаАαΑɑᴀᎪ bвВьЬβΒʙᏴƅɓ cсСϲϹᴄᏟɕ dԁᴅᎠɗđĐð eеЕεΕєЄᴇᎬҽɛ fƒꜰғҒϜ gɡɢᏀցԍɠ hһҺнНΗʜᎻհħĦ
		iіІιΙıɪᎥӏӀᏆ jјЈϳͿᴊᎫʝ kкКκΚᴋᏦƙ lʟᏞłŁǀɫ mмМΜᴍᎷɱ nпПΝηոɴɳŋ oоОοΟᴏօՕσøØɵ pрРρΡᴘᏢƥ qԛԚգզ
		rгГʀᏒᴦɼ sѕЅꜱᏚʂ tтТτΤᴛᎢŧŦƭ uυսᴜμʋ vνѵѴᴠᏙ wԝԜωᴡᏔɯ xхХχΧ yуУΥγүҮʏᎩ zΖᴢᏃʐƶ`) {
		for i, r := range group {
			if i > 0 {
				m[r] = group[0]
			}
		}
	}
	return m
}()

// smallCapital reports whether r is a small capital of the phonetic alphabet,
// which generators of "fancy text" write with.
func smallCapital(r rune) bool {
	return strings.ContainsRune("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", r)
}
