package investigate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// Names are the gateway's own names of principals; nil if none were given.
type Names map[string]string

// Of returns the gateway's own name, or "".
func (n Names) Of(principal string) string { return n[principal] }

// maxName is the longest line of a file of names, in bytes.
const maxName = 4 << 10

// ReadNames reads the gateway's own names of keys, one a line, and keeps those of
// a campaign's members: the pseudonyms of each are made with the ring, for all of
// its keys and tenants. It holds no more than the members' names, however long the
// file is.
func ReadNames(in io.Reader, keys *redact.Keys, tenants []string, members []schemas.Member) (Names, error) {
	wanted := make(map[string]bool, len(members))
	for i := range members {
		wanted[members[i].Principal] = true
	}
	out := Names{}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, maxName), maxName)
	n := 0
	for lines.Scan() {
		n++
		name := strings.TrimSpace(lines.Text())
		if name == "" {
			continue
		}
		for _, p := range append(keys.Principals(name, tenants...), name) {
			if wanted[p] {
				out[p] = name
			}
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d has more than %d bytes: want one name of a key a line", n+1, maxName)
	}
	return out, lines.Err()
}
