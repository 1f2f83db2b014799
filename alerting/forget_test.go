package alerting

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// TestForget fills the log with alerts, waiting notifications and dead letters,
// and looks for what was forgotten in the bytes of the file.
func TestForget(t *testing.T) { synctest.Test(t, forget) }

func forget(t *testing.T) {
	path := logPath(t)
	dead := &fakeSink{name: "dead", answer: func(context.Context, call) (Ref, error) { return "", Permanent(errors.New("no")) }}
	r := open(t, path, nil, dead)
	stop := r.run(t)
	r.offer(t, finding("h1:k1:jane", noon, schemas.SeverityHigh), finding("h1:k1:other", noon, schemas.SeverityHigh))
	synctest.Wait()
	if n := len(r.Pending()); n > 0 {
		t.Fatalf("%d notifications wait", n)
	}
	stop()
	// These wait, and one alert is over.
	r.offer(t, finding("h1:k1:jane", noon.Add(time.Hour), schemas.SeverityCritical), finding("h1:k1:more", noon, schemas.SeverityLow))
	r.advance(t, noon.Add(2*time.Hour))
	if _, err := Forget(path, func([]byte) bool { return true }); err == nil {
		t.Error("a log that a manager has open was changed")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	has := func(name string) bool {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(body, []byte(name))
	}
	if !has("h1:k1:jane") || !has("h1:k1:other") {
		t.Fatal("the test does not see what is in the log")
	}
	names := func(entry []byte) bool { return bytes.Contains(entry, []byte("h1:k1:jane")) }
	n, err := Forget(path, names)
	if err != nil || n < 3 {
		t.Fatalf("%d entries went, want the alert, what waits and the dead letter; %v", n, err)
	}
	if has("h1:k1:jane") || !has("h1:k1:other") || !has("h1:k1:more") {
		t.Error("the file still names the person, or lost others")
	}
	if n, err = Forget(path, names); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again := open(t, path, nil, &fakeSink{name: "dead"})
	alerts, err := again.Alerts()
	if err != nil || len(alerts) != 2 {
		t.Errorf("%d alerts are left, %v", len(alerts), err)
	}
	for _, a := range alerts {
		if a.Entity.Name == "h1:k1:jane" {
			t.Error("the alert is there")
		}
	}
	// A finding of the person after it is a new one.
	if got := again.offer(t, finding("h1:k1:jane", noon.Add(9*time.Hour), schemas.SeverityHigh)); len(got) != 1 || got[0].Sequence != 1 {
		t.Errorf("%+v", got)
	}
}

func TestForgetInALogThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent.db")
	if n, err := Forget(path, func([]byte) bool { return true }); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a log was made")
	}
}
