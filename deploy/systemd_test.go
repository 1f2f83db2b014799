package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// worstExposure bounds what `systemd-analyze security` says: 0 is closed, 10
// open. It calls everything below 2.0 "OK".
const worstExposure = 1.5

// TestUnit lets systemd read the unit, with the program where it was built.
func TestUnit(t *testing.T) {
	unit := read(t, "systemd/gatehound.service")
	require.Contains(t, unit, "\nExecReload=/bin/kill -HUP $MAINPID\n")
	for _, line := range []string{"NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectory=gatehound", "DynamicUser=yes", "CapabilityBoundingSet="} {
		require.Contains(t, unit, "\n"+line+"\n")
	}
	config := read(t, "systemd/gatehound.yaml")
	require.Contains(t, config, "data_dir: /var/lib/gatehound\n", "StateDirectory")
	credential := regexp.MustCompile(`(?m)^LoadCredential=([a-z-]+):`).FindStringSubmatch(unit)[1]
	require.Contains(t, config, "password_file: /run/credentials/gatehound.service/"+credential+"\n")

	analyze, ok := tool(t, "systemd-analyze", "systemd/gatehound.service")
	if !ok {
		return
	}
	path := filepath.Join(t.TempDir(), "gatehound.service")
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(unit, "/usr/local/bin/gatehound", gatehound)), 0o644))
	out, err := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NotContains(t, string(out), filepath.Base(path)+":", "a warning about the unit")

	out, err = exec.Command(analyze, "security", "--offline=true", "--no-pager", path).CombinedOutput()
	require.NoError(t, err, string(out))
	m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
	require.NotNil(t, m, string(out))
	exposure, err := strconv.ParseFloat(string(m[1]), 64)
	require.NoError(t, err)
	require.LessOrEqual(t, exposure, worstExposure, string(out))
}
