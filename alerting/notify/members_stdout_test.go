package notify_test

import (
	"bytes"
	"testing"

	"github.com/gatehound/gatehound/alerting/notify/stdout"
	"github.com/gatehound/gatehound/schemas"
)

func stdoutMembers() []*member {
	return []*member{
		{name: "stdout", kind: "stdout", local: func(t *testing.T, a *schemas.Alert, key string) []request {
			var out bytes.Buffer
			if _, err := stdout.NewWriter("out", &out).Notify(t.Context(), a, key, ""); err != nil {
				t.Fatal(err)
			}
			return []request{{body: out.Bytes()}}
		}, harmless: harmlessJSON, keyless: true, states: stateNames(`"state":"%s"`)},
	}
}
