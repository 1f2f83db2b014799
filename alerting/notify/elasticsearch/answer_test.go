package elasticsearch

import (
	"strings"
	"testing"

	"github.com/gatehound/gatehound/alerting"
)

func TestVerdict(t *testing.T) {
	for answer, want := range map[string]string{
		`{"items":[{"create":{"status":201}}]}`:                                                                     "",
		`{"items":[{"create":{"status":409,"error":{"type":"version_conflict_engine_exception"}}}]}`:                "",
		`{"errors":true,"items":[{"create":{"status":400,"error":{"type":"mapper_parsing_exception"}}}]}`:           "final document: answer 400, mapper_parsing_exception",
		`{"errors":true,"items":[{"create":{"status":400,"error":{"type":"hidden_exception","reason":"hidden"}}}]}`: "final document: answer 400, a failure of another type",
		`{"errors":true,"items":[{"create":{"status":429,"error":{"type":"circuit_breaking_exception"}}}]}`:         "document: answer 429, circuit_breaking_exception",
		`{"errors":true,"items":[{"create":{"status":403,"error":{"type":"cluster_block_exception"}}}]}`:            "document: answer 403, cluster_block_exception",
		`{"errors":true,"items":[{"create":{"status":500}}]}`:                                                       "document: answer 500, a failure of another type",
		`{"items":[{"create":{"status":302}}]}`:                                                                     "the answer is not of a bulk request",
		`{"items":[{"create":{"status":201}},{"create":{"status":201}}]}`:                                           "the answer is not of a bulk request",
		`{"items":[{"create":{"status":"x"}}]}`:                                                                     "the answer is not of a bulk request",
		`<html>hidden</html>`:                                                                                       "the answer is not of a bulk request", ``: "the answer is not of a bulk request",
	} {
		err := verdict([]byte(answer))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if alerting.IsPermanent(err) {
			got = "final " + got
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", answer, got, want)
		}
	}
}

// Nothing that a node answers shows in an error.
func FuzzVerdict(f *testing.F) {
	f.Add([]byte(`{"errors":true,"items":[{"create":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"x"}}}]}`))
	f.Add([]byte(`{"items":[{"create":{"status":1e3}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		err := verdict(raw)
		if err == nil {
			return
		}
		text := err.Error()
		for name := range types {
			text = strings.ReplaceAll(text, name, "")
		}
		if len(text) > 80 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789:, ") != "" {
			t.Errorf("got %q", err)
		}
	})
}
