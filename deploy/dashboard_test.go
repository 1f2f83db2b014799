package deploy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type panel struct {
	ID          int
	Type, Title string
	Description string
	GridPos     struct{ H, W, X, Y int }
	FieldConfig struct{ Defaults struct{ Unit string } }
	Targets     []struct{ Expr, LegendFormat string }
}

type dashboard struct {
	UID, Title string
	Templating struct {
		List []struct{ Name, Definition string }
	}
	Annotations struct{ List []struct{ Expr string } }
	Panels      []panel
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(read(t, "grafana/gatehound.json")), &d))
	return d
}

// expression is one of the dashboard, with Grafana's variables filled in.
type expression struct{ title, expr, legend string }

func expressions(t *testing.T) (out []expression) {
	t.Helper()
	vars := strings.NewReplacer("$__rate_interval", "20s", "[5m]", "[20s]", "$instance", ".*")
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			e := expression{p.Title, vars.Replace(target.Expr), target.LegendFormat}
			require.NotContains(t, e.expr, "$", e.title)
			out = append(out, e)
		}
	}
	require.Greater(t, len(out), 50)
	return out
}

func TestDashboardIsWhole(t *testing.T) {
	d := readDashboard(t)
	require.Equal(t, "gatehound", d.UID)
	taken := map[[2]int]string{}
	ids, titles := map[int]bool{}, map[string]bool{}
	rows := []string{}
	for _, p := range d.Panels {
		require.False(t, ids[p.ID], "the id %d is there twice", p.ID)
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Less(t, x, 24, p.Title)
				require.Empty(t, taken[[2]int{x, y}], "%s lies on another panel", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			rows = append(rows, p.Title)
			titles = map[string]bool{}
			continue
		}
		require.False(t, titles[p.Title], "%s is there twice", p.Title)
		titles[p.Title] = true
		require.NotEmpty(t, p.Description, p.Title)
		require.NotEmpty(t, p.FieldConfig.Defaults.Unit, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			require.Contains(t, target.Expr, `$instance`, "%s: the choice of instances has to work", p.Title)
		}
	}
	require.Equal(t, []string{"Now", "Ingest", "Redaction", "Detection", "Pipeline and store", "Alerting", "Process"}, rows)
}
