package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestEverythingIsExported(t *testing.T) {
	w := newWorld(t)
	w.alerts(1200) // more than two pages
	r := w.do("GET", "/api/v1/alerts/export", readToken, "")
	require.Equal(t, 200, r.code)
	require.Equal(t, "application/x-ndjson", r.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="alerts.ndjson"`, r.header.Get("Content-Disposition"))
	rows := strings.Split(strings.TrimSpace(r.body), "\n")
	seen := map[string]bool{}
	for _, row := range rows {
		var a schemas.Alert
		require.NoError(t, json.Unmarshal([]byte(row), &a))
		require.False(t, seen[a.ID], "once each")
		seen[a.ID] = true
	}
	require.Len(t, seen, 1200)
	r = w.do("GET", "/api/v1/alerts/export?format=csv&matcher=tenant%3Dacme&open=true", readToken, "")
	table, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, 1201)
	require.Equal(t, "id", table[0][0])
	none := w.do("GET", "/api/v1/alerts/export?format=csv&matcher=tenant%3Dother", readToken, "")
	require.Equal(t, strings.Join(table[0], ",")+"\n", none.body)
}

// failing is a desk whose second page cannot be read.
type failing struct {
	alerting.Desk
	n int
}

func (d *failing) List(alerting.Filter) ([]schemas.Alert, error) {
	if d.n++; d.n > 1 {
		return nil, errors.New("the disk is gone")
	}
	page := make([]schemas.Alert, 500)
	for i := range page {
		page[i].ID = fmt.Sprintf("%012x", i)
	}
	return page, nil
}

// TestAnExportThatBreaksOffIsSeenToBeCut: a client must not take half of the
// alerts for all of them.
func TestAnExportThatBreaksOffIsSeenToBeCut(t *testing.T) {
	w := newWorld(t)
	w.s.desk = &failing{Desk: w.m}
	r, err := w.client.Get(w.s.URL() + "/api/v1/alerts/export")
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, 401, r.StatusCode)
	req := w.request("GET", "/api/v1/alerts/export", readToken)
	res, err := w.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = bytes.NewBuffer(nil).ReadFrom(res.Body)
	require.Error(t, err, "the stream has no end")
	w.s.desk = &failing{Desk: w.m, n: 1}
	first := w.do("GET", "/api/v1/alerts/export", readToken, "")
	require.Equal(t, 500, first.code, "before the first byte it is a problem")
	require.NotContains(t, first.body, "disk")
	require.Contains(t, w.log.String(), "the disk is gone")
}
