package clickhouse

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// KeysOf returns the ids of the keys under which a stored address of a client
// occurs in the events, sorted. An address that is stored as it is counts too.
func (s *Store) KeysOf(ctx context.Context, stored netip.Addr) (ids []string, err error) {
	defer func() { s.metrics.failed("keys_of", err) }()
	err = s.conn.QueryRow(ctx, "SELECT arraySort(groupUniqArray(key_id)) FROM "+s.table("events")+" WHERE client = toIPv6(?) AND key_id != ''",
		stored.String()).Scan(&ids)
	if err != nil {
		return nil, fmt.Errorf("look for the key of an address: %w", err)
	}
	return ids, nil
}

// maxSealedRows bounds how many sealed prompts are looked at together.
const maxSealedRows = 100

// SealedOf returns the sealed prompts of a request, by its id as it is stored,
// in the order of their positions; at most 100.
func (s *Store) SealedOf(ctx context.Context, requestID string) ([]schemas.Sealed, error) {
	return s.sealed(ctx, "request_id = ?", requestID)
}

// SealedAt returns the sealed prompt of the record at a position; none if there
// is none.
func (s *Store) SealedAt(ctx context.Context, at schemas.Position) ([]schemas.Sealed, error) {
	return s.sealed(ctx, "topic = ? AND partition = ? AND message_offset = ? AND record_index = ?",
		at.Topic, at.Partition, at.Offset, at.Index)
}

func (s *Store) sealed(ctx context.Context, where string, args ...any) (out []schemas.Sealed, err error) {
	defer func() { s.metrics.failed("read_sealed", err) }()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
SELECT time, topic, partition, message_offset, record_index, principal, request_id, key_id, data FROM %s
WHERE %s ORDER BY topic, partition, message_offset, record_index LIMIT %d`, s.table("sealed_prompts"), where, maxSealedRows), args...)
	if err != nil {
		return nil, fmt.Errorf("read sealed prompts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p schemas.Sealed
		var at time.Time
		var data string
		if err := rows.Scan(&at, &p.Position.Topic, &p.Position.Partition, &p.Position.Offset, &p.Position.Index,
			&p.Principal, &p.RequestID, &p.KeyID, &data); err != nil {
			return nil, fmt.Errorf("read sealed prompts: %w", err)
		}
		p.Time, p.Data = at.UnixNano(), []byte(data)
		out = append(out, p)
	}
	return out, rows.Err()
}
