package app

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/gatehound/gatehound/"

// TestRoomsDoNotImportOneAnother is the privacy boundary: what ingest hands on
// is redacted, and nothing behind it can name a raw record.
func TestRoomsDoNotImportOneAnother(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...")
	out, err := cmd.Output()
	require.NoError(t, err)
	stages := []string{"ingest", "detectors", "storage", "alerting"}
	room := func(path string) string {
		r, _, _ := strings.Cut(strings.TrimPrefix(path, module), "/")
		return r
	}
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Room                   string
			Imports, TestImports, XTestImports []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		from := room(p.ImportPath)
		seen[from] = true
		for _, im := range append(append(p.Imports, p.TestImports...), p.XTestImports...) {
			if im == "github.com/spf13/viper" {
				require.Equal(t, module+"cmd/internal/app", p.ImportPath, "only the app reads the configuration")
			}
			if !strings.HasPrefix(im, module) {
				continue
			}
			to := room(im)
			if from == "cmd" || from == to {
				continue
			}
			require.Equal(t, "schemas", to, "%s imports %s", p.ImportPath, im)
		}
	}
	for _, s := range append(stages, "schemas", "cmd") {
		require.True(t, seen[s], "no package of %s was looked at", s)
	}
}
