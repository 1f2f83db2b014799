package tags

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

func TestTechniques(t *testing.T) {
	got := Techniques([]string{"attack.t1110.003", "attack.initial_access", "atlas.aml.t0024", "atlas.t0024.002", "owasp.llm1_2025", "owasp.api4", "cve.2021.1"})
	require.Equal(t, []string{"T1110.003", "AML.T0024", "AML.T0024.002", "LLM01:2025", "API4:2023"},
		[]string{got[0].ID, got[1].ID, got[2].ID, got[3].ID, got[4].ID})
	require.Len(t, got, 5)
	require.Equal(t, "Brute Force: Password Spraying", got[0].Name)
}

func TestLevelsAndStatuses(t *testing.T) {
	for level, want := range map[string]schemas.Severity{"informational": schemas.SeverityInfo, "low": schemas.SeverityLow, "": schemas.SeverityMedium,
		"medium": schemas.SeverityMedium, "high": schemas.SeverityHigh, "critical": schemas.SeverityCritical} {
		require.Equal(t, want, Severity(level))
	}
	require.Greater(t, Confidence("stable"), Confidence("test"))
	require.Greater(t, Confidence("test"), Confidence("experimental"))
	require.Greater(t, Confidence(""), Confidence("experimental"))
}
