package interact

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// strict is a desk that knows what it may be asked for.
type strict struct{ t *testing.T }

func (d strict) ask(id, by string) error {
	if !alertID.MatchString(id) || len(by) > 400 || strings.ContainsAny(by, "\r\n\x00\x1b\u202e") || !strings.HasPrefix(by, "slack:") {
		d.t.Errorf("asked about %q by %q", id, by)
	}
	return nil
}

func (d strict) Alert(id string) (schemas.Alert, error) {
	return schemas.Alert{ID: id}, d.ask(id, "slack:")
}

func (d strict) Acknowledge(_ context.Context, id, by, _ string) (schemas.Alert, error) {
	return schemas.Alert{}, d.ask(id, by)
}

func (d strict) Resolve(_ context.Context, id, by, _ string) (schemas.Alert, error) {
	return schemas.Alert{}, d.ask(id, by)
}

func (d strict) Comment(_ context.Context, id, by, _ string) (schemas.Alert, error) {
	return schemas.Alert{}, d.ask(id, by)
}

func (d strict) Silence(_ context.Context, s schemas.Silence) (schemas.Silence, error) {
	return s, d.ask(strings.TrimPrefix(s.Matchers[0], "alert="), s.By)
}

// FuzzPayload holds that whatever Slack sends on of what people write, the desk is
// asked for what buttons can ask for.
func FuzzPayload(f *testing.F) {
	f.Add("gatehound.ack", alertA, "U1", "ana")
	f.Add("gatehound.silence", alertA+" 4h", "U1\n", "a\u202e\nb")
	f.Add("gatehound.resolve", "severity>=info", "", "x")
	f.Fuzz(func(t *testing.T, id, value, user, name string) {
		h := &handler{desk: strict{t}, log: slog.New(slog.DiscardHandler)}
		var p payload
		p.Type, p.User.ID, p.User.Username = "block_actions", user, name
		a := action{ActionID: id, Value: value}
		a.SelectedOption.Value = value
		p.Actions = []action{a, a, a, a, a, a}
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var again payload
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatal(err)
		}
		h.act(context.Background(), &again)
	})
}
