package notify_test

import (
	"strings"
	"testing"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
)

// A mistake in a sink's settings is told by its place, its key and what is
// allowed, and without its secret.
func TestBuildErrors(t *testing.T) {
	for _, c := range []struct {
		kind    string
		options map[string]any
		want    string
	}{
		{"pigeon", nil, "alerting.sinks[1].kind is unknown: want one of"},
		{"webhook", nil, "alerting.sinks[1].options.url is not set"},
		{"webhook", map[string]any{"urll": "x"}, "alerting.sinks[1].options"},
		{"webhook", map[string]any{"url": "https://a/hidden", "secrets": []string{"hidden"}}, "alerting.sinks[1].options.secrets[0]"},
		{"slack", map[string]any{"token_env": "NOTIFY_TEST_ABSENT", "channel": "C1"}, "alerting.sinks[1] (y): token is empty"},
		{"stdout", map[string]any{"stream": "printer"}, "alerting.sinks[1].options.stream"},
	} {
		sinks := []alerting.SinkConfig{{Name: "x", Kind: "stdout"}, {Name: "y", Kind: c.kind, Options: c.options}}
		_, err := notify.Build(sinks, decode)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s %v: got %v, want %q", c.kind, c.options, err, c.want)
		}
	}
	sinks, err := notify.Build([]alerting.SinkConfig{{Name: "x", Kind: "pigeon"}, {Name: "y", Kind: "stdout"}, {Name: "z", Kind: "slack"}}, decode)
	if err == nil || !strings.Contains(err.Error(), "sinks[0]") || !strings.Contains(err.Error(), "sinks[2]") || len(sinks) != 1 || sinks[0].Name() != "y" {
		t.Errorf("not all that is wrong is told, or what is right is not made: %v, %v", sinks, err)
	}
	sinks, err = notify.Build([]alerting.SinkConfig{{Name: "x", Kind: "stdout"}, {Name: "y", Kind: "stdout"}}, decode)
	if err != nil || len(sinks) != 2 || sinks[0].Name() != "x" || sinks[1].Name() != "y" {
		t.Errorf("got %v, %v", sinks, err)
	}
}
