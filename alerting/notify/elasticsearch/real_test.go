//go:build opensearch

package elasticsearch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// cluster starts an OpenSearch node and returns its address; or that of the
// Elasticsearch or OpenSearch node without authentication that
// GATEHOUND_TEST_CLUSTER names, which the tests then write to.
func cluster(t *testing.T) string {
	t.Helper()
	if base := os.Getenv("GATEHOUND_TEST_CLUSTER"); base != "" {
		return strings.TrimRight(base, "/")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "gatehound-opensearch")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(address, ":")
	cmd := exec.Command("testdata/opensearch/run", folder, port)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-ended
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	base := "http://" + address
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the node ended: %v", err)
		default:
		}
		cfg := DefaultConfig()
		cfg.URL = base
		s, err := New("siem", &cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err == nil {
			return base
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// ask sends a request of the test's own.
func ask(t *testing.T, method, url, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true // leaves no connection
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil || resp.StatusCode > 299 {
		t.Fatalf("%s %s: %d %v %.500s", method, url, resp.StatusCode, err, raw)
	}
	return out
}

func reach(t *testing.T, base, index string) *Sink {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL, cfg.Index, cfg.Gzip = base, index, true
	s, err := New("siem", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReal(t *testing.T) {
	base := cluster(t)
	t.Run("data stream", func(t *testing.T) { realDataStream(t, base) })
	t.Run("failures", func(t *testing.T) { realFailures(t, base) })
}

// realDataStream: alerts in every state go into a data stream by the index template, are there
// once, and are found by what is indexed.
func realDataStream(t *testing.T, base string) {
	template, err := os.ReadFile("index-template.json")
	if err != nil {
		t.Fatal(err)
	}
	ask(t, http.MethodPut, base+"/_index_template/gatehound-alerts", string(template))
	index := fmt.Sprintf("logs-gatehound.alert-test%d", time.Now().UnixNano())
	s := reach(t, base, index)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for state := range schemas.AlertReopened + 1 {
		a := alert(state)
		a.Sequence, a.Outcome, a.Acknowledged = int(state)+1, "It stopped.", &schemas.Mark{By: "ana"}
		for range 2 { // the second is a retry
			if _, err := s.Notify(t.Context(), a, fmt.Sprint("a1-", a.Sequence), ""); err != nil {
				t.Fatal(state, err)
			}
		}
	}
	ask(t, http.MethodPost, base+"/"+index+"/_refresh", "")
	for query, want := range map[string]float64{
		"*": 6, "gatehound.alert.state:escalated": 1, "related.ip:\"198.51.100.0/24\"": 6, "related.ip:\"2001:db8::/32\"": 6,
		"threat.technique.subtechnique.id:\"AML.T0024.002\"": 6, "event.severity:73 AND user.id:\"h1:k1:abc\"": 6, "message:extraction": 6,
		"gatehound.alert.data.title:Model": 0, // kept and not indexed
	} {
		body, err := json.Marshal(map[string]any{"query": map[string]any{"query_string": map[string]any{"query": query}}, "track_total_hits": true})
		if err != nil {
			t.Fatal(err)
		}
		hits := ask(t, http.MethodPost, base+"/"+index+"/_search", string(body))["hits"].(map[string]any)
		if got := hits["total"].(map[string]any)["value"]; got != want {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	mapping, err := json.Marshal(ask(t, http.MethodGet, base+"/"+index+"/_mapping", ""))
	if err != nil || !bytes.Contains(mapping, []byte(`"dynamic":"false"`)) {
		t.Errorf("the stream does not have the template's mapping: %v %.300s", err, mapping)
	}
}

// realFailures: what a node says of a document that it does not take is told by its kind.
func realFailures(t *testing.T, base string) {
	name := fmt.Sprintf("gatehound-test%d", time.Now().UnixNano())
	ask(t, http.MethodPut, base+"/"+name+"-mapping", `{"mappings":{"properties":{"message":{"type":"date"}}}}`)
	ask(t, http.MethodPut, base+"/"+name+"-strict", `{"mappings":{"dynamic":"strict"}}`)
	ask(t, http.MethodPut, base+"/"+name+"-block", `{"settings":{"index.blocks.read_only_allow_delete":true}}`)
	for index, want := range map[string]struct {
		text      string
		permanent bool
	}{
		"-mapping": {"parsing_exception", true}, "-strict": {"strict_dynamic_mapping_exception", true}, "-block": {"cluster_block_exception", false},
	} {
		_, err := reach(t, base, name+index).Notify(t.Context(), alert(schemas.AlertOpen), "a1-1", "")
		if err == nil || alerting.IsPermanent(err) != want.permanent || !strings.Contains(err.Error(), want.text) || strings.Contains(err.Error(), "extraction") {
			t.Errorf("%s: got %v", index, err)
		}
	}
}
