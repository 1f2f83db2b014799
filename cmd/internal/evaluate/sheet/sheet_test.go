package sheet

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// full is a disk that is.
type full struct{}

var errFull = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestTargets(t *testing.T) {
	targets := []Target{{"found", "at least 95", 96.5, "%", true}, {"false alarms", "at most 2", 3, "", false}}
	var out strings.Builder
	Targets(&out, targets)
	assert.Equal(t, "\nTARGET\tWANTED\tREACHED\t\nfound\tat least 95 %\t96.50\tmet\nfalse alarms\tat most 2\t3.00\tmissed\n", out.String())
	assert.False(t, Met(targets))
	assert.True(t, Met(targets[:1]))
	assert.True(t, Met(nil))
}

func TestLines(t *testing.T) {
	var out strings.Builder
	Lines(&out, "MISSED", nil)
	assert.Empty(t, out.String())
	Lines(&out, "MISSED", []string{"one", "two"})
	assert.Equal(t, "\nMISSED\none\ntwo\n", out.String())
}

func TestJSON(t *testing.T) {
	var out strings.Builder
	require.NoError(t, JSON(&out, map[string]int{"a": 1}))
	assert.Equal(t, "{\n  \"a\": 1\n}\n", out.String())
	require.ErrorIs(t, JSON(full{}, 1), errFull)
	require.Error(t, JSON(&out, math.NaN()))
}

func TestCSV(t *testing.T) {
	figures := func(row func(table, name, figure string, value float64)) { row("target", "a, b", "reached", 0.125) }
	var out strings.Builder
	require.NoError(t, CSV(&out, figures))
	assert.Equal(t, "table,name,figure,value\ntarget,\"a, b\",reached,0.125\n", out.String())
	require.ErrorIs(t, CSV(full{}, figures), errFull)
}
