package splunk

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// codeNoData is what a request without an event gets.
const codeNoData = 5

// codes are what the collector says, from
// https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/troubleshoot-http-event-collector.
// final are about the token, the settings or the event: no later attempt
// changes them. What is not listed goes by its status.
var codes = map[int]struct {
	text  string
	final bool
}{
	0:  {"success", false},
	1:  {"the token is disabled", true},
	2:  {"a token is required", true},
	3:  {"the authorization is invalid", true},
	4:  {"the token is not known", true},
	5:  {"no data", true},
	6:  {"the data format is invalid", true},
	7:  {"the index is not allowed for the token", true},
	8:  {"internal server error", false},
	9:  {"the server is busy", false},
	10: {"the data channel is missing", true},
	11: {"the data channel is invalid", true},
	12: {"the event is missing", true},
	13: {"the event is blank", true},
	14: {"acknowledgement is disabled", true},
	15: {"the indexed fields are invalid", true},
	16: {"authorization by query is disabled", true},
	17: {"healthy", false},
	18: {"the queues are full", false},
	19: {"the acknowledgement service is away", false},
	20: {"the queues are full and the acknowledgement service is away", false},
	21: {"the token is not known", true},
	22: {"the token is disabled", true},
	23: {"the server is shutting down", false},
	24: {"success, the queue is nearly full", false},
	25: {"success, the acknowledgements are nearly full", false},
	26: {"the queue is full", false},
	27: {"the acknowledgement channel is full", false},
}

// taken reports whether the event was: 24 and 25 are warnings.
func taken(code int) bool { return code == 0 || code == 24 || code == 25 }

// codeOf returns the code of an answer.
func codeOf(body []byte) (int, bool) {
	var answer struct {
		Code *int `json:"code"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Code == nil {
		return 0, false
	}
	return *answer.Code, true
}

// verdict is the error that a code stands for, in our words.
func verdict(code int) error {
	c, ok := codes[code]
	if !ok {
		return errors.New("splunk: a code that is not known")
	}
	err := fmt.Errorf("splunk: code %d, %s", code, c.text)
	if c.final {
		return alerting.Permanent(err)
	}
	return err
}

// classify turns the error of an attempt into one for the manager, by Splunk's
// code if the answer has one, else by the status.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var status *outbound.StatusError
	if errors.As(err, &status) {
		if code, ok := codeOf(status.Body); ok && codes[code].text != "" && !taken(code) {
			err := verdict(code)
			if status.Wait >= 0 && !alerting.IsPermanent(err) {
				return alerting.After(err, status.Wait)
			}
			return err
		}
	}
	return outbound.Classify(err, func(status int) bool {
		return status == 400 || status == 401 || status == 403 || status == 404 || status == 405 || status == 413
	})
}
