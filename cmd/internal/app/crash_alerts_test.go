package app

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// alertQueries ask for the alerts as the store has them last, and for their
// histories.
var alertQueries = []string{
	`SELECT arrayStringConcat(arraySort(groupArray(concat(id, ' ', state, ' ', toString(sequence), ' ', toString(severity), ' ', toString(findings), ' ',
		toString(events), ' ', toString(escalated), ' ', toString(reopened), ' ', toString(length(JSONExtractArrayRaw(parts)))))), ';')
		FROM (SELECT * FROM alerts FINAL ORDER BY id, sequence DESC LIMIT 1 BY id)`,
	`SELECT arrayStringConcat(arraySort(groupArray(concat(id, ' ', toString(number), ' ', what))), ';') FROM alert_history FINAL`,
}

// requireStored compares what the store answered to alertQueries with the
// notification log of a job that has ended.
func requireStored(t *testing.T, j childJob, answers []string) {
	t.Helper()
	m, err := OpenDesk(j.config(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	alerts, err := m.Alerts()
	require.NoError(t, err)
	require.NoError(t, m.Close())
	require.NotEmpty(t, alerts)
	var states, histories []string
	for _, a := range alerts {
		states = append(states, fmt.Sprint(a.ID, " ", a.State, " ", a.Sequence, " ", a.Severity, " ", a.Findings, " ",
			a.Events, " ", a.Escalated, " ", a.Reopened, " ", len(a.Parts)))
		for _, e := range a.History {
			histories = append(histories, fmt.Sprint(a.ID, " ", e.Number, " ", e.What))
		}
	}
	for i, want := range [][]string{states, histories} {
		slices.Sort(want)
		require.Equal(t, strings.Join(want, "\n"), strings.ReplaceAll(answers[i], ";", "\n"), "the store is not as the notification log")
	}
}
