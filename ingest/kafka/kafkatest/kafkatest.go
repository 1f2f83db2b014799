// Package kafkatest runs a real Apache Kafka for tests: one node, on loopback,
// with its data in a folder of the test. It needs Java 17, and Maven once; what
// it takes is fetched by .ci/kafka/get into the user's cache folder. A test that
// cannot have it fails.
package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// Username and Password are those that the node's SASL listener takes, by PLAIN,
// SCRAM-SHA-256 and SCRAM-SHA-512.
const (
	Username = "gatehound"
	Password = "gatehound-secret"
)

// startTimeout bounds the start of a node, which takes some 4 seconds on two
// idle cores; fetchTimeout bounds the fetching of its jars.
const (
	startTimeout = 90 * time.Second
	fetchTimeout = 10 * time.Minute
)

// Server is one node.
type Server struct {
	// Addr is its address, SASLAddr that of the listener that wants SASL.
	Addr, SASLAddr string

	tb         testing.TB
	dir        string
	scripts    string
	controller string
	cmd        *exec.Cmd
	exited     chan error
}

// Start runs a node until the test ends and returns its address.
func Start(tb testing.TB) (broker string) {
	tb.Helper()
	return New(tb).Addr
}

// New runs a node until the test ends.
func New(tb testing.TB) *Server {
	tb.Helper()
	scripts, err := findScripts()
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	get := exec.CommandContext(ctx, filepath.Join(scripts, "get"))
	if out, err := get.CombinedOutput(); err != nil {
		tb.Fatalf("fetch apache kafka: %v\n%s", err, out)
	}
	ports, err := freePorts(3)
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{
		Addr: "127.0.0.1:" + ports[0], SASLAddr: "127.0.0.1:" + ports[1], controller: ports[2],
		tb: tb, dir: tb.TempDir(), scripts: scripts,
	}
	tb.Cleanup(s.Stop)
	s.Run()
	return s
}

// Run starts the node, after Stop or Kill again on the same ports with the same
// data, and returns when it answers.
func (s *Server) Run() {
	s.tb.Helper()
	_, plain, _ := net.SplitHostPort(s.Addr)
	_, sasl, _ := net.SplitHostPort(s.SASLAddr)
	s.cmd = exec.Command(filepath.Join(s.scripts, "run"), s.dir, plain, sasl, s.controller)
	// Java replaces the shell, so that signals reach it.
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatalf("start apache kafka: %v", err)
	}
	s.exited = make(chan error, 1)
	go func() { s.exited <- s.cmd.Wait() }()
	deadline := time.Now().Add(startTimeout)
	for {
		err := s.ready()
		if err == nil {
			return
		}
		select {
		case werr := <-s.exited:
			s.cmd = nil
			s.tb.Fatalf("apache kafka ended while it started: %v\n%s", werr, s.log())
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.tb.Fatalf("apache kafka does not answer within %v: %v\n%s", startTimeout, err, s.log())
		}
	}
}

// Stop ends the node in an orderly way; Kill does so without a warning.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the node as a crash does.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig)
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	s.cmd = nil
}

// CreateTopic makes a topic and returns when it has leaders. config holds pairs
// of a topic's configuration, such as "cleanup.policy", "compact".
func (s *Server) CreateTopic(topic string, partitions int, config ...string) {
	s.tb.Helper()
	t := &kafka.Transport{}
	defer t.CloseIdleConnections()
	cl := &kafka.Client{Addr: kafka.TCP(s.Addr), Timeout: 10 * time.Second, Transport: t}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tc := kafka.TopicConfig{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}
	for i := 0; i+1 < len(config); i += 2 {
		tc.ConfigEntries = append(tc.ConfigEntries, kafka.ConfigEntry{ConfigName: config[i], ConfigValue: config[i+1]})
	}
	res, err := cl.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{tc}})
	if err == nil {
		err = res.Errors[topic]
	}
	if err != nil {
		s.tb.Fatalf("create topic %s: %v", topic, err)
	}
	for i := range partitions {
		for {
			c, err := kafka.DialLeader(ctx, "tcp", s.Addr, topic, i)
			if err == nil {
				c.Close()
				break
			}
			if ctx.Err() != nil {
				s.tb.Fatalf("wait for the leader of %s/%d: %v", topic, i, err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// ready asks the node for the brokers that it knows (itself, once it serves) and
// for the leaders of all partitions.
func (s *Server) ready() error {
	c, err := (&kafka.Dialer{Timeout: time.Second}).Dial("tcp", s.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	brokers, err := c.Brokers()
	if err != nil {
		return err
	}
	if len(brokers) != 1 {
		return errors.New("it has not registered yet")
	}
	partitions, err := c.ReadPartitions()
	if err != nil {
		return err
	}
	for _, p := range partitions {
		if p.Leader.Host == "" {
			return fmt.Errorf("partition %s/%d has no leader yet", p.Topic, p.ID)
		}
	}
	return nil
}

// log returns the end of what the node logged.
func (s *Server) log() []byte {
	b, err := os.ReadFile(filepath.Join(s.dir, "kafka.log"))
	if err != nil {
		return []byte(err.Error())
	}
	return b[max(0, len(b)-4096):]
}

// findScripts looks for .ci/kafka from the working folder up: tests run in the
// folder of their package.
func findScripts() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		scripts := filepath.Join(dir, ".ci", "kafka")
		if _, err := os.Stat(filepath.Join(scripts, "run")); err == nil {
			return scripts, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("find .ci/kafka: not in this folder or one above it")
		}
		dir = up
	}
}

// freePorts returns n ports that nothing listened on a moment ago.
func freePorts(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		out = append(out, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return out, nil
}
