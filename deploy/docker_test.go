package deploy

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// instructions returns the Dockerfile's, continued lines joined.
func instructions(t *testing.T) (out [][]string) {
	t.Helper()
	var text strings.Builder
	for line := range strings.Lines(read(t, "docker/Dockerfile")) {
		if !strings.HasPrefix(line, "#") {
			text.WriteString(line)
		}
	}
	for line := range strings.Lines(strings.ReplaceAll(text.String(), "\\\n", " ")) {
		if f := strings.Fields(line); len(f) > 0 {
			out = append(out, f)
		}
	}
	require.Greater(t, len(out), 20)
	return out
}

func TestDockerfile(t *testing.T) {
	stages := map[string]bool{}
	var last, user string
	ignored := read(t, "docker/Dockerfile.dockerignore")
	goVersion := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "../go.mod"))[1]
	for _, f := range instructions(t) {
		switch f[0] {
		case "FROM":
			last = f[1]
			if !stages[f[1]] {
				require.Regexp(t, `^[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+$`, f[1], "images are pinned")
			}
			if strings.HasPrefix(f[1], "golang:") {
				require.True(t, strings.HasPrefix(f[1], "golang:"+goVersion+"-"), "go.mod wants %s, and the image is %s", goVersion, f[1])
			}
			if len(f) == 4 {
				stages[f[3]] = true
			}
		case "USER":
			user = f[1]
		case "COPY":
			from := ""
			var args []string
			for _, a := range f[1:] {
				if s, ok := strings.CutPrefix(a, "--from="); ok {
					from = s
				} else if !strings.HasPrefix(a, "--") {
					args = append(args, a)
				}
			}
			if from != "" {
				require.True(t, stages[from], "COPY --from=%s: no such stage", from)
				continue
			}
			for _, a := range args[:len(args)-1] {
				require.True(t, exists(filepath.Join("..", a)), "COPY %s: it is not there", a)
				top, _, _ := strings.Cut(a, "/")
				require.True(t, a == "." || strings.Contains(ignored, "!"+top), "%s is not in the build's context", a)
			}
		case "ADD":
			t.Errorf("ADD fetches and unpacks unasked: use COPY")
		}
	}
	require.Equal(t, "base", last, "the last stage is the one that is built by default")
	require.Equal(t, "65532:65532", user, "not as root")
	for line := range strings.Lines(ignored) {
		if keep, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			require.True(t, exists(filepath.Join("..", keep)), "%s: %s is not there", "Dockerfile.dockerignore", keep)
		}
	}
	require.True(t, strings.Contains(ignored, "\n*\n"), "only what is named goes into the context")
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// TestContextHasAllThatIsBuilt lets Go load the program, with what it embeds, from
// the files alone that the build's context has.
func TestContextHasAllThatIsBuilt(t *testing.T) {
	root := t.TempDir()
	for line := range strings.Lines(read(t, "docker/Dockerfile.dockerignore")) {
		keep, ok := strings.CutPrefix(strings.TrimSpace(line), "!")
		if !ok || strings.HasPrefix(keep, "deploy/") {
			continue
		}
		run(t, nil, "cp", "-r", filepath.Join("..", keep), filepath.Join(root, keep))
	}
	run(t, nil, "find", root, "(", "-name", "*_test.go", "-o", "-name", "testdata", ")", "-prune", "-exec", "rm", "-rf", "{}", "+")
	cmd := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}}", "./cmd/gatehound")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "/storage/clickhouse")
}

// TestHealthcheck asks consoles that are well, ill and away.
func TestHealthcheck(t *testing.T) {
	answers := map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, ok := answers[r.URL.Path]
		if !ok {
			code = http.StatusNotFound
		}
		w.WriteHeader(code)
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	check := func(path, port string) error {
		return exec.Command("docker/healthcheck", path, u.Hostname(), port).Run()
	}
	require.NoError(t, check("/healthz", u.Port()))
	require.Error(t, check("/readyz", u.Port()), "503")
	require.Error(t, check("/200", u.Port()), "404 for a path that has 200 in it")
	_, gone, _ := strings.Cut(freeAddr(t), ":")
	require.Error(t, check("/healthz", gone), "nobody listens")
}
