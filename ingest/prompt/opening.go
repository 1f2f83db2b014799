package prompt

import "strings"

// openings are words that instructions begin with, in the languages that most
// prompts are in.
var openings = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`act analyse analyze answer based calculate classify compare complete compose convert correct count
		create debug define describe design determine draft edit evaluate explain extract find fix format generate give identify
		improve list make name outline paraphrase please plan proofread propose provide rank rate recommend refactor reply review
		rewrite score select shorten show simplify solve suggest summarise summarize tell translate using what when where which
		who why how write you
		analysiere antworte beantworte berechne beschreibe bewerte erkläre erstelle fasse finde formuliere gib klassifiziere
		korrigiere nenne schreibe übersetze vergleiche
		analyse classe compare corrige crée décris donne écris explique extrais rédige réponds résume traduis trouve
		analiza clasifica compara corrige crea describe escribe explica extrae genera haz redacta responde resume traduce
		analise classifique compare corrija crie descreva escreva explique extraia gere resuma responda traduza
		analizza classifica confronta correggi crea descrivi estrai riassumi rispondi scrivi spiega traduci
		напиши объясни переведи перечисли ответь опиши проанализируй сократи составь сделай`) {
		m[w] = true
	}
	return m
}()

// prepositions are words that a slot is likely to follow, and the least place in
// the instruction at which one ends it: "about" is always followed by one, "of"
// often.
var prepositions = func() map[string]int {
	m := map[string]int{}
	for w := range strings.FieldsSeq("about regarding concerning über sobre over su sur о об про") {
		m[w] = 3
	}
	for w := range strings.FieldsSeq(`of for in into from with on between von für aus mit zu nach zwischen de du des pour dans avec
		entre para por en con do da em com di del della per van voor met для из на`) {
		m[w] = 4
	}
	return m
}()
