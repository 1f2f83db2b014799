package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// RevealOptions say how something is revealed.
type RevealOptions struct {
	// Key is the id of the key; "" looks for it in the store.
	Key string
	// Reason goes into the audit.
	Reason string
	// AuditFile takes the audit instead of the store, if set.
	AuditFile string
}

// RevealedAddress is a true address behind a stored one.
type RevealedAddress struct {
	Stored  netip.Addr `json:"stored"`
	Address netip.Addr `json:"address"`
	Key     string     `json:"key_id"`
}

// RevealedPrompt is the redacted text of a prompt that was sealed.
type RevealedPrompt struct {
	Position  schemas.Position `json:"position"`
	Time      time.Time        `json:"time"`
	Principal string           `json:"principal,omitempty"`
	RequestID string           `json:"request_id,omitempty"`
	Key       string           `json:"key_id"`
	Text      string           `json:"text"`
}

// RevealAddress returns the true address behind a stored one, one for each key
// under which it occurs. The audit is written before.
func RevealAddress(ctx context.Context, cfg *app.Config, stored netip.Addr, o RevealOptions, log *slog.Logger) (out []RevealedAddress, err error) {
	err = revealing(cfg, o, o.Key == "", log, func(keys *redact.Keys, st *clickhouse.Store, audit auditor) error {
		ids := []string{o.Key}
		if o.Key == "" {
			if !cfg.Redact.StoresAddresses(redact.Pseudonymize) {
				return errors.New("redact.client_address is not pseudonymize: what is stored is no pseudonym; name the key with --key if it was one when the event was stored")
			}
			if st == nil {
				return errors.New(`--key: name the key, since storage.mode "none" has no events to look in`)
			}
			if ids, err = st.KeysOf(ctx, stored); err != nil {
				return err
			}
			if len(ids) == 0 {
				return errors.New("the store has no event with this address: name the key with --key if you have it from elsewhere")
			}
		}
		for _, id := range ids {
			if _, err := keys.Reveal(id, stored); err != nil {
				return fmt.Errorf("key %s: %w", id, err)
			}
			if err := audit(ctx, "reveal address", stored.String()+" under "+id, o.Reason); err != nil {
				return err
			}
			address, err := keys.Reveal(id, stored)
			if err != nil {
				return err
			}
			out = append(out, RevealedAddress{stored, address, id})
		}
		return nil
	})
	return out, err
}

// RevealPrompt returns the texts that were sealed of a request, by its stored id
// or by its position ("topic/partition/offset/index"). The audit is written
// before.
func RevealPrompt(ctx context.Context, cfg *app.Config, of string, o RevealOptions, log *slog.Logger) (out []RevealedPrompt, err error) {
	err = revealing(cfg, o, true, log, func(keys *redact.Keys, st *clickhouse.Store, audit auditor) error {
		if st == nil {
			return errors.New(`storage.mode: "none" keeps no prompts`)
		}
		sealed, err := sealedOf(ctx, st, of)
		if err != nil {
			return err
		}
		if len(sealed) == 0 {
			return errors.New("the store has no sealed prompt of this request: prompts are kept only with prompts.keep: seal, and for storage.clickhouse.ttl.sealed")
		}
		for i := range sealed {
			s := &sealed[i]
			at := fmt.Sprintf("%s/%d/%d/%d", s.Position.Topic, s.Position.Partition, s.Position.Offset, s.Position.Index)
			if err := audit(ctx, "reveal prompt", at+" under "+s.KeyID, o.Reason); err != nil {
				return err
			}
			text, err := prompt.Open(keys, s)
			if err != nil {
				return fmt.Errorf("prompt at %s: %w", at, err)
			}
			out = append(out, RevealedPrompt{s.Position, time.Unix(0, s.Time).UTC(), s.Principal, s.RequestID, s.KeyID, text})
		}
		return nil
	})
	return out, err
}

func sealedOf(ctx context.Context, st *clickhouse.Store, of string) ([]schemas.Sealed, error) {
	sealed, err := st.SealedOf(ctx, of)
	if err != nil || len(sealed) > 0 {
		return sealed, err
	}
	if at, ok := position(of); ok {
		return st.SealedAt(ctx, at)
	}
	return nil, nil
}

// position reads "topic/partition/offset" and an index behind it, 0 if it is
// left out. A topic may have slashes in it, as the names of files do.
func position(s string) (schemas.Position, bool) {
	parts := strings.Split(s, "/")
	var numbers []int64
	for len(parts) > 1 && len(numbers) < 3 {
		n, err := strconv.ParseInt(parts[len(parts)-1], 10, 64)
		if err != nil || n < 0 {
			break
		}
		numbers, parts = append([]int64{n}, numbers...), parts[:len(parts)-1]
	}
	at := schemas.Position{Topic: strings.Join(parts, "/")}
	if len(numbers) > 0 && numbers[0] > math.MaxInt32 || len(numbers) == 3 && numbers[2] > math.MaxInt32 {
		return at, false
	}
	switch len(numbers) {
	case 2:
		at.Partition, at.Offset = int32(numbers[0]), numbers[1]
	case 3:
		at.Partition, at.Offset, at.Index = int32(numbers[0]), numbers[1], int32(numbers[2])
	default:
		return at, false
	}
	return at, true
}

// revealing opens what revealing needs: the ring, the audit, and the store if it
// is asked, or if the audit goes there.
func revealing(cfg *app.Config, o RevealOptions, asks bool, log *slog.Logger, do func(*redact.Keys, *clickhouse.Store, auditor) error) error {
	if err := checkReason(o.Reason); err != nil {
		return err
	}
	keys, err := app.ExistingKeys(cfg)
	if err != nil {
		return err
	}
	with := func(st *clickhouse.Store) error {
		audit, err := auditTo(st, o.AuditFile)
		if err != nil {
			return err
		}
		return do(keys, st, audit)
	}
	if cfg.Storage.Mode == app.StoreNone || o.AuditFile != "" && !asks {
		return with(nil)
	}
	return app.WithStore(cfg, log, with)
}

// Printable returns a text of several lines as a terminal can show it.
func Printable(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = query.Plain(lines[i])
	}
	return strings.Join(lines, "\n")
}
