package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// composeFile is what the tests look at of the compose specification.
type composeFile struct {
	Services map[string]service
	Configs  map[string]struct{ File string }
	Secrets  map[string]struct{ File string }
	Volumes  map[string]any
	Networks map[string]struct{ Internal bool }
}

type service struct {
	Image       string
	Build       *struct{ Context, Dockerfile string }
	Profiles    []string
	User        string
	Environment map[string]string
	Privileged  bool
	NetworkMode string   `yaml:"network_mode"`
	ReadOnly    bool     `yaml:"read_only"`
	SecurityOpt []string `yaml:"security_opt"`
	CapDrop     []string `yaml:"cap_drop"`
	Ports       []string
	Volumes     []string
	Networks    []string
	Configs     []mount
	Secrets     []mount
	Restart     string
	Healthcheck *struct{ Test []string }
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
}

// mount is a config or a secret of a service, in its long or its short form.
type mount struct{ Source, Target string }

func (m *mount) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&m.Source)
	}
	type long mount
	return n.Decode((*long)(m))
}

func compose(t *testing.T) (c composeFile) {
	t.Helper()
	readYAML(t, "compose/docker-compose.yaml", &c)
	require.Len(t, c.Services, 8)
	return c
}

// pinned is an image with a version that names a release.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)+(-alpine)?$`)

func TestComposeReferences(t *testing.T) {
	c := compose(t)
	used := map[string]bool{}
	for name, s := range c.Services {
		for dep, d := range s.DependsOn {
			require.Contains(t, c.Services, dep, "%s depends on it", name)
			switch d.Condition {
			case "service_healthy":
				require.NotNil(t, c.Services[dep].Healthcheck, "%s waits for the health of %s", name, dep)
			case "service_completed_successfully":
				require.Equal(t, "no", c.Services[dep].Restart, "%s waits for the end of %s", name, dep)
			default:
				require.Equal(t, "service_started", d.Condition)
			}
		}
		for _, n := range s.Networks {
			require.Contains(t, c.Networks, n, name)
			used["network "+n] = true
		}
		for _, m := range s.Configs {
			require.Contains(t, c.Configs, m.Source, name)
			require.NotEmpty(t, m.Target, "%s: without a target %s lands in the root folder", name, m.Source)
			used["config "+m.Source] = true
		}
		for _, m := range s.Secrets {
			require.Contains(t, c.Secrets, m.Source, name)
			used["secret "+m.Source] = true
		}
		for _, v := range s.Volumes {
			from, _, ok := strings.Cut(v, ":")
			require.True(t, ok, "%s: %s", name, v)
			if strings.HasPrefix(from, ".") {
				require.DirExists(t, filepath.Join("compose", from), name)
				continue
			}
			require.Contains(t, c.Volumes, from, name)
			used["volume "+from] = true
		}
		if s.Build != nil {
			root := filepath.Join("compose", s.Build.Context)
			require.FileExists(t, filepath.Join(root, "go.mod"))
			require.FileExists(t, filepath.Join(root, s.Build.Dockerfile))
		}
	}
	for name, f := range c.Configs {
		require.FileExists(t, filepath.Join("compose", f.File))
		require.True(t, used["config "+name], "config %s is of no use", name)
	}
	for name := range c.Secrets {
		require.True(t, used["secret "+name], "secret %s is of no use", name)
	}
	for name := range c.Volumes {
		require.True(t, used["volume "+name], "volume %s is of no use", name)
	}
	for name := range c.Networks {
		require.True(t, used["network "+name], "network %s is of no use", name)
	}
}

func TestComposeIsClosed(t *testing.T) {
	c := compose(t)
	ports := map[string]string{}
	for name, s := range c.Services {
		require.Regexp(t, pinned, s.Image, name)
		require.Contains(t, s.SecurityOpt, "no-new-privileges:true", name)
		require.False(t, s.Privileged, name)
		require.Empty(t, s.NetworkMode, name)
		if s.Restart != "no" {
			require.NotNil(t, s.Healthcheck, "%s: nobody would see that it hangs", name)
			require.Equal(t, "CMD", s.Healthcheck.Test[0], name)
		}
		for _, p := range s.Ports {
			require.True(t, strings.HasPrefix(p, "127.0.0.1:"), "%s publishes %s to others", name, p)
			require.Empty(t, ports[p], "%s and %s publish %s", name, ports[p], p)
			ports[p] = name
			require.Contains(t, s.Networks, "local", "%s: ports of an internal network are not published", name)
		}
		for key, value := range s.Environment {
			if strings.HasSuffix(key, "__FILE") {
				require.True(t, strings.HasPrefix(value, "/run/secrets/"), key)
				continue
			}
			require.NotRegexp(t, `(?i)password|secret|token`, key, "%s: secrets are files", name)
		}
		for _, v := range s.Volumes {
			require.NotContains(t, v, "docker.sock", name)
		}
	}
	require.True(t, c.Networks["stack"].Internal)
	for _, name := range []string{"gatehound", "blackbox", "prometheus", "filebeat"} {
		require.True(t, c.Services[name].ReadOnly, name)
		require.Equal(t, []string{"ALL"}, c.Services[name].CapDrop, name)
	}
	require.Empty(t, c.Services["gatehound"].User, "the image's own user")
	require.Equal(t, []string{"filebeat"}, c.Services["filebeat"].Profiles)
}

// TestComposeHasWhatIsTested holds the servers' versions to those that the other
// tests run against: the embedded engine, and the Kafka of .ci/kafka.
func TestComposeHasWhatIsTested(t *testing.T) {
	c := compose(t)
	minor := func(text, pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		require.NotNil(t, m, "%s in %s", pattern, text)
		return m[1]
	}
	require.Equal(t, minor(run(t, nil, gatehound, "version"), `chDB (\d+\.\d+)`), minor(c.Services["clickhouse"].Image, `:(\d+\.\d+)\.`))
	require.Equal(t, minor(read(t, "../.ci/kafka/pom.xml"), `<kafka.version>(\d+\.\d+)`), minor(c.Services["kafka"].Image, `:(\d+\.\d+)\.`))
	require.Equal(t, c.Services["kafka"].Image, c.Services["topics"].Image)
}

// TestComposeNamesFit holds hosts, ports, topics and secrets together that
// several files name.
func TestComposeNamesFit(t *testing.T) {
	c := compose(t)
	var cfg struct {
		Kafka       struct{ Brokers, Topics []string }
		DeadLetters struct{ Topic string } `yaml:"dead_letters"`
		Storage     struct {
			Clickhouse struct {
				Addresses    []string
				Username     string
				PasswordFile string `yaml:"password_file"`
			}
		}
		Console struct{ Listen string }
	}
	readYAML(t, "compose/gatehound.yaml", &cfg)
	listeners := c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"]
	require.Contains(t, listeners, "INTERNAL://"+cfg.Kafka.Brokers[0])
	require.Equal(t, cfg.Kafka.Brokers[0], c.Services["filebeat"].Environment["KAFKA_HOSTS"])
	require.Equal(t, cfg.Kafka.Brokers[0], c.Services["topics"].Environment["BOOTSTRAP"])
	require.Equal(t, append(slices.Clone(cfg.Kafka.Topics), cfg.DeadLetters.Topic), topicsMade(t))
	require.Equal(t, []string{"clickhouse:9000"}, cfg.Storage.Clickhouse.Addresses)
	require.Contains(t, read(t, "compose/secrets/make.sh"), "<"+cfg.Storage.Clickhouse.Username+">")
	require.Equal(t, "/run/secrets/clickhouse-password", cfg.Storage.Clickhouse.PasswordFile)
	require.Contains(t, c.Services["gatehound"].Secrets, mount{Source: "clickhouse-password"})

	var prom struct {
		ScrapeConfigs []struct {
			JobName       string                       `yaml:"job_name"`
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
		RuleFiles []string `yaml:"rule_files"`
	}
	readYAML(t, "prometheus/prometheus.yml", &prom)
	_, port, _ := strings.Cut(cfg.Console.Listen, ":")
	require.Equal(t, []string{"gatehound:" + port}, prom.ScrapeConfigs[0].StaticConfigs[0].Targets)
	require.Equal(t, []string{"http://gatehound:" + port + "/readyz"}, prom.ScrapeConfigs[1].StaticConfigs[0].Targets)
	require.Contains(t, c.Services["prometheus"].Configs, mount{"rules", prom.RuleFiles[0]})

	var provider struct {
		Providers []struct{ Options struct{ Path string } }
	}
	readYAML(t, "grafana/provisioning/dashboards/gatehound.yaml", &provider)
	require.Contains(t, c.Services["grafana"].Configs, mount{"grafana-dashboard", provider.Providers[0].Options.Path + "/gatehound.json"})
}

// topicsMade runs the script that makes the topics, with a tool that only notes
// what it is asked for.
func topicsMade(t *testing.T) (names []string) {
	t.Helper()
	dir := t.TempDir()
	noted := filepath.Join(dir, "noted")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kafka-topics.sh"), []byte("#!/bin/sh\necho \"$@\" >>"+noted+"\n"), 0o755))
	run(t, []string{"KAFKA_BIN=" + dir, "BOOTSTRAP=broker:1"}, "/bin/bash", "compose/topics.sh")
	for line := range strings.Lines(read(t, noted)) {
		f := strings.Fields(line)
		require.Equal(t, []string{"--bootstrap-server", "broker:1", "--create", "--if-not-exists", "--topic"}, f[:5])
		require.Contains(t, line, "max.message.bytes=4194304")
		names = append(names, f[5])
	}
	return names
}

func TestSecretsAreMadeOnce(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "make.sh"), []byte(read(t, "compose/secrets/make.sh")), 0o600))
	made := func() map[string]string {
		run(t, nil, "/bin/sh", filepath.Join(dir, "make.sh"))
		out := map[string]string{}
		for name, f := range compose(t).Secrets {
			out[name] = read(t, filepath.Join(dir, filepath.Base(f.File)))
			require.NotEmpty(t, out[name], name)
		}
		return out
	}
	first := made()
	require.Regexp(t, `^[0-9a-f]{64}$`, first["clickhouse-password"])
	require.NotEqual(t, first["clickhouse-password"], first["grafana-password"])
	require.Equal(t, first, made(), "a second run changes nothing")

	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "the folder keeps other users out")
	var users struct {
		Users struct {
			Gatehound struct {
				Hash string `xml:"password_sha256_hex"`
			} `xml:"gatehound"`
			Default *struct {
				Remove string `xml:"remove,attr"`
			} `xml:"default"`
		} `xml:"users"`
	}
	require.NoError(t, xml.Unmarshal([]byte(first["clickhouse-users"]), &users))
	sum := sha256.Sum256([]byte(first["clickhouse-password"]))
	require.Equal(t, hex.EncodeToString(sum[:]), users.Users.Gatehound.Hash)
	require.Equal(t, "remove", users.Users.Default.Remove, "the account without a password is gone")
	require.NotContains(t, first["clickhouse-users"], first["clickhouse-password"])
	require.Contains(t, read(t, "compose/secrets/.gitignore"), "*\n", "secrets are not committed")
}
