package interact

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// excuse says in constant words why something could not be done.
func excuse(err error) string {
	switch {
	case errors.Is(err, alerting.ErrResolved):
		return "This alert is resolved already."
	case errors.Is(err, alerting.ErrNoAlert):
		return "Gatehound does not know this alert any more."
	case errors.Is(err, context.DeadlineExceeded):
		return "Gatehound took too long. Whether it was done shows on the alert."
	}
	return "Gatehound could not do this. Its log has the reason."
}

// tell shows text to the one who clicked alone. The address comes with the
// request; nothing is sent to a host that is not Slack's.
func (h *handler) tell(ctx context.Context, to, text string) {
	if to == "" {
		return
	}
	if _, err := h.outbound.URL("response_url", to); err != nil {
		h.log.Warn("slack response url is not of slack")
		return
	}
	doc, err := json.Marshal(struct {
		Type    string `json:"response_type"`
		Replace bool   `json:"replace_original"`
		Text    string `json:"text"`
	}{"ephemeral", false, text})
	if err != nil {
		h.log.Error("slack answer cannot be encoded", "err", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	err = outbound.Tell(ctx, h.client, outbound.Request{URL: to, Body: doc, Header: map[string]string{"Content-Type": "application/json"}})
	if err != nil {
		h.log.Warn("slack user could not be told", "err", outbound.Classify(err, func(int) bool { return false }))
	}
}
