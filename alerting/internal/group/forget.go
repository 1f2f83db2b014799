package group

import (
	"bytes"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
)

// Forget removes the alerts whose entries mention somebody, open or not, and
// what belongs to them. It returns how many went.
func Forget(tx *bolt.Tx, mentions func([]byte) bool) (int, error) {
	var ids [][]byte
	alerts := tx.Bucket(journal.Alerts)
	if err := alerts.ForEach(func(k, v []byte) error {
		if mentions(v) {
			ids = append(ids, bytes.Clone(k))
		}
		return nil
	}); err != nil {
		return 0, err
	}
	for _, id := range ids {
		var rec record
		if _, err := journal.Get(alerts, id, &rec); err != nil {
			return 0, err
		}
		key := journal.Moment(place(&rec.Alert), string(id))
		if err := tx.Bucket(journal.Unresolved).Delete(key); err != nil {
			return 0, err
		}
		if err := forget(tx, key); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
