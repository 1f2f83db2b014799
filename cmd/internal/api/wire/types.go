// Package wire is what the API and its clients exchange: the bodies of requests and
// answers, problems, and the names and bounds that both sides go by.
package wire

import (
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// AlertPage is a page of alerts.
type AlertPage struct {
	Alerts []schemas.Alert `json:"alerts"`
	// Next is what after is for the next page; missing on the last one.
	Next string `json:"next,omitempty"`
}

// Remark is what somebody may say while doing something else.
type Remark struct {
	// Comment is a line of text, at most 1000 characters.
	Comment string `json:"comment,omitempty"`
}

// Comment is what somebody says.
type Comment struct {
	// Comment is a line of text, at most 1000 characters.
	Comment string `json:"comment"`
}

// NewSilence is what a silence is made of.
type NewSilence struct {
	// Matchers all have to match; 1 to 16.
	Matchers []string `json:"matchers"`
	// From is when it begins; now if it is missing.
	From time.Time `json:"from,omitzero"`
	// Until is when it ends; or For says how long it lasts, such as "2h".
	Until time.Time `json:"until,omitzero"`
	For   string    `json:"for,omitempty"`
	// Comment says why.
	Comment string `json:"comment"`
}

// SilenceList is a list of silences.
type SilenceList struct {
	Silences []schemas.Silence `json:"silences"`
}

// NewAllowance is what an exception is made of. Everything that is set has to
// hold; one of principal, client, route and tenant is set.
type NewAllowance struct {
	Detector  string `json:"detector,omitempty"`
	Principal string `json:"principal,omitempty"`
	Client    string `json:"client,omitempty"`
	Route     string `json:"route,omitempty"`
	Tenant    string `json:"tenant,omitempty"`
	// Until is when it ends; or For says how long it lasts, such as "720h".
	Until time.Time `json:"until,omitzero"`
	For   string    `json:"for,omitempty"`
	// Reason says why.
	Reason string `json:"reason"`
}

// AllowanceList is a list of exceptions.
type AllowanceList struct {
	Allowances []schemas.Allowance `json:"allowances"`
}

// SinkList is how the sinks stand.
type SinkList struct {
	Sinks []alerting.SinkStatus `json:"sinks"`
}

// DeliveryList is a list of notifications that wait.
type DeliveryList struct {
	Deliveries []alerting.Delivery `json:"deliveries"`
}

// DeadLetterList is a list of notifications that were given up.
type DeadLetterList struct {
	DeadLetters []alerting.DeadLetter `json:"dead_letters"`
}

// Redelivered is how many notifications were put back into a queue.
type Redelivered struct {
	Redelivered int `json:"redelivered"`
}

// Tried is what came of a test alert.
type Tried struct {
	Sink string `json:"sink"`
	// Took is how long the sink took to accept it, in milliseconds.
	Took float64 `json:"took_ms"`
}
