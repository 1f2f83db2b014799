package prompt

import (
	"strings"
	"testing"
)

// templates are prompts with one or two slots, as applications fill them.
var templates = []string{
	"What is the capital of {}?", "Translate the following sentence into French: {}", "Translate the following text to German.\n\n{}",
	"Classify the sentiment of this review as positive or negative: {}", "Write a short poem about {} and the sea",
	"Summarize the following article in one paragraph.\n\n{}", "<document>{}</document>\nExtract all names from the document above.",
	"Solve the following math problem step by step: {}", "Generate a product description for {} in a friendly tone.",
	"You are an expert in {}. Answer the question of a student: {}", "Explain the term {} to a beginner.",
	"Write a Python function that does the following: {}", "Fix the bug in this code:\n```\n{}\n```",
	"Given the context \"{}\", answer the question: {}", "Is the following statement true or false? {}",
	"Rewrite this sentence in a more formal style: {}", "Extract the company names from the text: {}",
	"Create five quiz questions about {}.", "Act as a recruiter and review this CV:\n\n{}", "Convert {} from euros to dollars.",
	"{}\n\nSummarize the text above in three bullet points.", "Write a SQL query for this request: {}",
	"Suggest a title for a blog post about {}.", "Compare {} with {} in a table.", "List the ingredients of {} for four people.",
	"Reply to this customer e-mail politely:\n\n{}", "Rate the quality of this answer from 1 to 10: {}",
	"Imagine and articulate the internal reasoning behind this answer: {}", "Describe the history of {} in 200 words.",
	"Correct the spelling of the following text: {}", "Which category fits the ticket best? {}", "Draft a tweet about {}.",
	"Übersetze den folgenden Satz ins Englische: {}", "Fasse den folgenden Text zusammen:\n\n{}", "Schreibe ein Gedicht über {}.",
	"Résume le texte suivant en trois phrases :\n\n{}", "Traduce la siguiente frase al inglés: {}", "请把下面的句子翻译成英文：{}",
	"请用三句话总结以下文章：\n\n{}", "次の文章を要約してください：{}",
}

// fillings are what the slots are filled with.
var fillings = []string{
	"France", "the United Kingdom", "machine learning", "42 apples and 17 pears", "\"to be or not to be\"", "jane@example.org",
	"https://example.com/a?b=c", "x", "a cat that sleeps all day", "Das Wetter ist heute schön.", "O'Brien & Sons",
	"A much longer text, with commas. And two sentences, that go on for a while until they end!", "日本の歴史", "def f(x):\n    return x + 1",
	"2026-05-01", "Order #4711 has not arrived yet, please help me.",
}

// TestTemplateSet counts, over pairs of fillings of one template, how often the
// fingerprint is the same, and over pairs of templates with one filling, how often
// it differs. The figures are in the README.
func TestTemplateSet(t *testing.T) {
	p := newPrompter([32]byte{1})
	of := make([][]uint64, len(templates))
	for i, template := range templates {
		for _, f := range fillings {
			of[i] = append(of[i], p.template([]string{strings.ReplaceAll(template, "{}", f)}))
		}
	}
	same, pairs, differ, others := 0, 0, 0, 0
	for i := range of {
		own, all := 0, 0
		for a := range fillings {
			for b := range a {
				all++
				if of[i][a] == of[i][b] {
					own++
				}
			}
		}
		if own < all {
			t.Logf("%d of %d pairs: %q", own, all, templates[i])
		}
		same, pairs = same+own, pairs+all
		for j := range i {
			for f := range fillings {
				others++
				if of[i][f] != of[j][f] {
					differ++
				} else {
					t.Logf("%q is %q with %q", templates[i], templates[j], fillings[f])
				}
			}
		}
	}
	t.Logf("same %.3f of %d pairs, different %.4f of %d", float64(same)/float64(pairs), pairs, float64(differ)/float64(others), others)
	if same*100 < pairs*75 || differ*1000 < others*995 {
		t.Error("the fingerprints of templates are worse than they were")
	}
}
