package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

// output is what a process has written so far.
type output struct {
	mu sync.Mutex // the process writes while the test reads
	b  []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.b = append(o.b, p...)
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.b)
}

// process is the program while it runs.
type process struct {
	cmd      *exec.Cmd
	out, err *output
	done     chan struct{}
}

// start runs the program in dir until the test's end at the latest.
func start(t *testing.T, dir string, env []string, args ...string) *process {
	t.Helper()
	return startReading(t, dir, nil, env, args...)
}

// startReading is start with a standard input.
func startReading(t *testing.T, dir string, stdin *os.File, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: command(t.Context(), dir, args...), out: &output{}, err: &output{}, done: make(chan struct{})}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.err
	if stdin != nil {
		p.cmd.Stdin = stdin
	}
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the state says how it ended
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.done
	})
	return p
}

// stop sends a signal and returns the exit code, which has to come in time.
func (p *process) stop(t *testing.T, s syscall.Signal, within time.Duration) int {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s))
	select {
	case <-p.done:
	case <-time.After(within):
		t.Fatalf("it does not stop within %v:\n%s", within, p.err)
	}
	require.NotContains(t, p.err.String(), "goroutine ", "a panic")
	return p.cmd.ProcessState.ExitCode()
}

// waitFor asks until ok holds, the process ends, or the time is over.
func (p *process) waitFor(t *testing.T, what string, within time.Duration, ok func() bool) {
	t.Helper()
	over := time.After(within)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-p.done:
			t.Fatalf("it ended before %s:\n%s%s", what, p.out, p.err)
		case <-over:
			t.Fatalf("not within %v: %s\n%s", within, what, p.err)
		case <-again.C:
		}
	}
}

var consoleAt = regexp.MustCompile(`metrics=(http://[^/]+)/metrics`)

// get asks the console; the status is 0 if it does not answer.
func (p *process) get(path string) (int, string) {
	at := consoleAt.FindStringSubmatch(p.err.String())
	if at == nil {
		return 0, ""
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(at[1] + path)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

// component returns a component's error as /readyz tells it; empty if it works.
func (p *process) component(t *testing.T, name string) (status int, problem string) {
	t.Helper()
	status, body := p.get("/readyz")
	var doc struct {
		Components []struct {
			Name, Error string
			OK          bool
		}
	}
	if status == 0 || json.Unmarshal([]byte(body), &doc) != nil {
		return status, body
	}
	for _, c := range doc.Components {
		if c.Name == name {
			require.Equal(t, c.OK, c.Error == "")
			return status, c.Error
		}
	}
	return status, "not listed"
}

const (
	topic   = "gateway"
	letters = "dead-letters"
)

// world is a broker behind a door that can be shut.
type world struct {
	broker *kfake.Cluster
	door   *door
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	var err error
	w.broker, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic, letters),
		kfake.GroupMinSessionTimeout(time.Second), kfake.ListenFn(func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, address)
			if err != nil {
				return nil, err
			}
			w.door = &door{Listener: l, inside: map[net.Conn]bool{}}
			return w.door, nil
		}))
	require.NoError(t, err)
	t.Cleanup(w.broker.Close)
	return w
}

func (w *world) send(t *testing.T, lines ...string) {
	t.Helper()
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	writer := &kafkago.Writer{Addr: kafkago.TCP(w.broker.ListenAddrs()...), Topic: topic, RequiredAcks: kafkago.RequireAll,
		BatchTimeout: time.Millisecond, Transport: transport}
	ms := make([]kafkago.Message, len(lines))
	for i, line := range lines {
		ms[i].Value = []byte(line)
	}
	require.NoError(t, writer.WriteMessages(t.Context(), ms...))
	require.NoError(t, writer.Close())
}

// committed returns the group's offset; -1 while the broker knows no such group.
func (w *world) committed(t *testing.T, group string) int64 {
	t.Helper()
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafkago.Client{Addr: kafkago.TCP(w.broker.ListenAddrs()...), Timeout: 5 * time.Second, Transport: transport}
	res, err := client.OffsetFetch(t.Context(), &kafkago.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
	require.NoError(t, err)
	if len(res.Topics[topic]) == 0 {
		return -1
	}
	return res.Topics[topic][0].CommittedOffset
}

// config writes a configuration of the world in dir, with more settings.
func (w *world) config(t *testing.T, dir, more string) string {
	t.Helper()
	return write(t, filepath.Join(dir, "gatehound.yaml"), fmt.Sprintf(`data_dir: %s
api: {listen: "127.0.0.1:0"}
kafka:
  brokers: %q
  topics: [%s]
  session_timeout: 1s
  heartbeat: 100ms
  rebalance_timeout: 2s
  max_wait: 50ms
  commit_interval: 20ms
  dial_timeout: 1s
pipeline:
  batch_age: 50ms
%s`, filepath.Join(dir, "data"), w.broker.ListenAddrs(), topic, more))
}

// door is a listener whose connections can be cut.
type door struct {
	net.Listener
	mu     sync.Mutex // the broker accepts while the test shuts
	shut   bool
	inside map[net.Conn]bool
}

func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		shut := d.shut
		if !shut {
			d.inside[c] = true
		}
		d.mu.Unlock()
		if !shut {
			return c, nil
		}
		_ = c.Close() // that is what a shut door does
	}
}

func (d *door) set(shut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = shut
	if shut {
		for c := range d.inside {
			_ = c.Close() // cut
			delete(d.inside, c)
		}
	}
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func append1(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestCtrlCEndsWhatReadsStandardInput(t *testing.T) {
	for _, command := range []string{"replay", "decode", "redact"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			r, w, err := os.Pipe() // it stays open: more could come
			require.NoError(t, err)
			defer r.Close()
			defer w.Close()
			_, err = w.WriteString(planted + "\n")
			require.NoError(t, err)
			p := startReading(t, t.TempDir(), r, nil, command)
			p.waitFor(t, "it has begun", 20*time.Second, func() bool { return strings.Contains(p.err.String(), "made a new key") })
			require.Equal(t, exitSignal, p.stop(t, syscall.SIGINT, 20*time.Second), p.err.String())
			require.Contains(t, p.err.String(), "gatehound: interrupted")
		})
	}
}
