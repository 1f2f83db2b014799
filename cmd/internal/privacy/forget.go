package privacy

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
	"github.com/gatehound/gatehound/storage/spool"
)

// ForgetOptions name a person by one of the first four, and say how far to go.
type ForgetOptions struct {
	// Principal and EndUser are names as the gateway logs them, Token is a
	// pseudonym as the store has it, Address a true address.
	Principal, EndUser, Token, Address string
	Reason                             string
	// Dry counts and changes nothing.
	Dry bool
	// StoreOnly leaves the data folder alone, LocalOnly the store.
	StoreOnly, LocalOnly bool
}

// Receipt says what was forgotten, and not of whom.
type Receipt struct {
	ID     string    `json:"id"`
	Time   time.Time `json:"time"`
	Who    string    `json:"who"`
	Reason string    `json:"reason"`
	Dry    bool      `json:"dry_run,omitempty"`
	// NamedBy is how the person was named, Names are the SHA-256, 128 bits of
	// it, of each pseudonym.
	NamedBy string   `json:"named_by"`
	Names   []string `json:"names"`
	// Tables are those of the store, Mentions what is left of the person in any
	// column of text.
	Tables   []clickhouse.Erased  `json:"tables"`
	Mentions []clickhouse.Mention `json:"mentions"`
	// Snapshots are those of the detectors: Changed had a state of the person,
	// Dropped could not be read by this program and its configuration.
	Snapshots struct {
		Changed int `json:"changed"`
		Dropped int `json:"dropped"`
	} `json:"snapshots"`
	// Local is the data folder of this instance.
	Local *LocalErased `json:"local,omitempty"`
	// Complete tells that nothing of the person is left where this run looked.
	Complete bool `json:"complete"`
	// MAC is over the receipt without it, under the ring's current key.
	MAC string `json:"mac,omitempty"`
}

// LocalErased is what became of a data folder: entries of the notification log,
// batches of the spool, and files of the spool that are damaged and could not be
// looked at.
type LocalErased struct {
	Notifications int `json:"notifications"`
	Batches       int `json:"batches"`
	Damaged       int `json:"damaged"`
}

// Forget erases a person and returns the receipt. The audit is written before.
// The service must not run on the data folder, unless only the store is meant:
// it would write what it has in memory again.
func Forget(ctx context.Context, cfg *app.Config, o ForgetOptions, log *slog.Logger) (*Receipt, error) {
	if o.StoreOnly && o.LocalOnly {
		return nil, app.ArgumentError("--store-only and --local-only: at most one of them")
	}
	if err := checkReason(o.Reason, o.Principal, o.EndUser, o.Token, o.Address); err != nil {
		return nil, err
	}
	keys, err := app.ExistingKeys(cfg)
	if err != nil {
		return nil, err
	}
	if !o.StoreOnly {
		if _, err := alerting.Forget(cfg.AlertLog(), func([]byte) bool { return false }); err != nil {
			return nil, fmt.Errorf("%w\nStop the service first, or erase the store with --store-only and this folder with --local-only later.", err)
		}
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return nil, fmt.Errorf("number a receipt: %w", err)
	}
	r := &Receipt{ID: hex.EncodeToString(id), Time: time.Now().UTC().Truncate(time.Second), Who: Actor(), Reason: o.Reason, Dry: o.Dry}
	if o.LocalOnly || cfg.Storage.Mode == app.StoreNone {
		err = forget(ctx, cfg, &o, keys, nil, r)
	} else {
		err = app.WithStore(cfg, log, func(st *clickhouse.Store) error { return forget(ctx, cfg, &o, keys, st, r) })
	}
	if err != nil {
		return nil, err
	}
	return r, r.sign(keys)
}

func forget(ctx context.Context, cfg *app.Config, o *ForgetOptions, keys *redact.Keys, st *clickhouse.Store, r *Receipt) error {
	p, err := who(ctx, o, cfg, keys, st)
	if err != nil {
		return err
	}
	r.NamedBy, r.Names = p.kind, p.hashes()
	if st != nil {
		if o.Dry {
			if r.Tables, err = st.Count(ctx, p.Person); err == nil {
				r.Mentions, err = st.Mentions(ctx, p.Person)
			}
			return err
		}
		if err := st.AuditOf(ctx, r.Who, "forget", "receipt "+r.ID, o.Reason); err != nil {
			return err
		}
		if err := forgetStored(ctx, cfg, keys, st, p, r); err != nil {
			return err
		}
	}
	if !o.StoreOnly && !o.Dry {
		if r.Local, err = forgetLocal(cfg, p); err != nil {
			return err
		}
	}
	r.Complete = !o.Dry && len(r.Mentions) == 0 && (r.Local == nil || r.Local.Damaged == 0)
	for _, t := range r.Tables {
		r.Complete = r.Complete && t.Left == 0
	}
	return nil
}

// forgetStored erases the rows, then the states, and looks for what is left.
func forgetStored(ctx context.Context, cfg *app.Config, keys *redact.Keys, st *clickhouse.Store, p *person, r *Receipt) (err error) {
	if err := forgetSnapshots(ctx, cfg, keys, st, p, r); err != nil {
		return err
	}
	if r.Tables, err = st.Forget(ctx, p.Person); err != nil {
		return err
	}
	r.Mentions, err = st.Mentions(ctx, p.Person)
	return err
}

// forgetSnapshots takes the person out of the detectors' snapshots. One that this
// configuration cannot read is dropped: its service begins with none.
func forgetSnapshots(ctx context.Context, cfg *app.Config, keys *redact.Keys, st *clickhouse.Store, p *person, r *Receipt) error {
	list, err := st.Checkpoints(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	d, err := app.OpenDetection(cfg, keys, true, nil, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	for _, c := range list {
		before := c.Created
		states, err := forgetSnapshot(ctx, d, st, c, p)
		switch {
		case errors.Is(err, errUnread):
			before = time.Now().Add(time.Hour)
			r.Snapshots.Dropped++
		case err != nil:
			return err
		case states > 0:
			before = before.Add(time.Nanosecond) // the one that was changed too
			r.Snapshots.Changed++
		}
		if err := st.DropCheckpoints(ctx, c.Group, c.Fingerprint, before); err != nil {
			return err
		}
	}
	return nil
}

// errUnread marks a snapshot that is not of this configuration.
var errUnread = errors.New("the snapshot cannot be read")

// forgetSnapshot stores a snapshot anew without the person, if he is in it.
func forgetSnapshot(ctx context.Context, d *app.Detection, st *clickhouse.Store, c schemas.Checkpoint, p *person) (int, error) {
	if c.Fingerprint != d.Fingerprint() {
		return 0, errUnread
	}
	full, err := st.LoadCheckpoint(ctx, c.Group, c.Fingerprint)
	if err != nil {
		return 0, err
	}
	if full == nil || d.Restore(full.State) != nil {
		return 0, errUnread
	}
	var addresses []netip.Addr
	if p.address.IsValid() {
		addresses = []netip.Addr{p.address}
	}
	states := d.Forget(p.Names, addresses)
	if states == 0 {
		return 0, nil
	}
	if full.State, err = d.Snapshot(); err != nil {
		return 0, fmt.Errorf("snapshot of the detectors: %w", err)
	}
	full.Created = time.Now().UTC()
	return states, st.SaveCheckpoint(ctx, *full)
}

// forgetLocal erases the person from the notification log and the spool.
func forgetLocal(cfg *app.Config, p *person) (*LocalErased, error) {
	var l LocalErased
	var err error
	if l.Notifications, err = alerting.Forget(cfg.AlertLog(), p.mentions); err != nil {
		return nil, err
	}
	if l.Batches, l.Damaged, err = spool.Rewrite(cfg.Data("spool"), p.take); err != nil {
		return nil, err
	}
	return &l, nil
}

// sign sets the MAC.
func (r *Receipt) sign(keys *redact.Keys) error {
	r.MAC = ""
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("sign the receipt: %w", err)
	}
	r.MAC = keys.Sign(text)
	return nil
}

// VerifyReceipt tells whether the receipt in JSON is as a program with this key
// ring gave it.
func VerifyReceipt(cfg *app.Config, text []byte) (*Receipt, error) {
	keys, err := app.ExistingKeys(cfg)
	if err != nil {
		return nil, err
	}
	r := new(Receipt)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, errors.New("this is no receipt in JSON")
	}
	mac := r.MAC
	r.MAC = ""
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("verify the receipt: %w", err)
	}
	if r.MAC = mac; !keys.Signed(plain, mac) {
		return r, errors.New("the receipt is not as it was given, or its key is not in the ring any more")
	}
	return r, nil
}
