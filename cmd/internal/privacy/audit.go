package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// auditor notes an act before it is done; who acts goes on only if it returns
// nil.
type auditor func(ctx context.Context, action, what, reason string) error

// Actor names who runs the program: the system's user, who stands behind sudo,
// and the host.
func Actor() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if real := os.Getenv("SUDO_USER"); real != "" && real != name {
		name += " (sudo by " + real + ")"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return name + "@" + host
}

// auditTo returns the auditor of a file, if one is named, or of the store.
func auditTo(st *clickhouse.Store, file string) (auditor, error) {
	switch {
	case file != "":
		return func(_ context.Context, action, what, reason string) error {
			return appendAudit(file, action, what, reason)
		}, nil
	case st != nil:
		return func(ctx context.Context, action, what, reason string) error {
			return st.AuditOf(ctx, Actor(), action, what, reason)
		}, nil
	}
	return nil, errors.New(`storage.mode: "none" has no audit table; name a file with --audit-file`)
}

// appendAudit adds a line of JSON to an audit file, durably.
func appendAudit(file, action, what, reason string) (err error) {
	line, err := json.Marshal(struct {
		Time   time.Time `json:"time"`
		Who    string    `json:"who"`
		Action string    `json:"action"`
		What   string    `json:"what"`
		Reason string    `json:"reason"`
	}{time.Now().UTC(), Actor(), action, what, reason})
	if err != nil {
		return fmt.Errorf("write the audit file: %w", err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the audit file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the audit file: %w", err)
	}
	return f.Sync()
}

// maxReason bounds a reason in bytes.
const maxReason = 1000

// checkReason refuses a reason that says nothing, and one that names the person
// whom it is about: it is kept longer than he is.
func checkReason(reason string, names ...string) error {
	if n := len(strings.TrimSpace(reason)); n < 3 || len(reason) > maxReason || !utf8.ValidString(reason) {
		return app.ArgumentError(fmt.Sprintf("--reason: want 3 to %d bytes of text, for example the number of a ticket", maxReason))
	}
	for _, n := range names {
		if n != "" && strings.Contains(strings.ToLower(reason), strings.ToLower(n)) {
			return app.ArgumentError("--reason: it names the person; say why, not who: the audit table outlives what is forgotten")
		}
	}
	return nil
}
