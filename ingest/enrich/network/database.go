package network

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// The bounds of a database. The largest public ones have some ten million
// networks, and one record for each city or autonomous system.
const (
	maxNetworks = 64 << 20
	maxRecords  = 4 << 20
	maxLoad     = time.Minute
)

// Countries knows the country of addresses. It is safe for concurrent use.
type Countries struct{ database[string] }

// ASNs knows the autonomous system of addresses. It is safe for concurrent use.
type ASNs struct{ database[uint32] }

// database is a file in MaxMind's format of which only one value of each record
// is kept: an address leads to the offset of its record, and that to the value.
type database[T comparable] struct {
	reader *maxminddb.Reader
	values map[uintptr]T
	built  time.Time
}

// OpenCountries reads a database of countries: GeoLite2 or GeoIP2 Country or
// City, DB-IP, or one with country_code or country at the top of its records. A
// country is its code of ISO 3166-1 with two letters. data must not be written
// afterwards.
func OpenCountries(data []byte) (*Countries, error) {
	d, err := open(data, "country", countryOf)
	if err != nil {
		return nil, err
	}
	return &Countries{*d}, nil
}

// OpenASNs reads a database of autonomous systems, with
// autonomous_system_number or asn in its records. data must not be written
// afterwards.
func OpenASNs(data []byte) (*ASNs, error) {
	d, err := open(data, "autonomous system", asnOf)
	if err != nil {
		return nil, err
	}
	return &ASNs{*d}, nil
}

// open reads all records once, so that a lookup cannot fail later and decodes
// nothing. It is bounded in networks, records and time: a damaged search tree may
// lead back to its own nodes, so that a small file spans more networks than can
// be counted. A tree of n nodes has n+1 leaves; writers that share equal
// branches make some more.
func open[T comparable](data []byte, what string, value func(maxminddb.Result) (T, error)) (*database[T], error) {
	r, err := maxminddb.OpenBytes(data, maxminddb.DisableStringCache())
	if err != nil {
		return nil, errors.New("this is no database in MaxMind's format, or it is damaged")
	}
	d := &database[T]{reader: r, values: map[uintptr]T{}, built: r.Metadata.BuildTime()}
	var none T
	start, networks, known := time.Now(), uint(0), 0
	most := min(4096+8*r.Metadata.NodeCount, maxNetworks)
	// Networks without data count too: else a tree of none would be walked for
	// ever between two results.
	for result := range r.Networks(maxminddb.IncludeNetworksWithoutData()) {
		if networks++; networks > most || networks%4096 == 0 && time.Since(start) > maxLoad {
			return nil, errors.New("the search tree of the database is damaged or too large")
		}
		if result.Err() != nil {
			return nil, errors.New("the search tree of the database is damaged")
		}
		if !result.Found() {
			continue
		}
		at := result.Offset()
		if _, ok := d.values[at]; ok {
			continue
		}
		v, err := value(result)
		if err != nil {
			return nil, err
		}
		if v != none {
			known++
		}
		if d.values[at] = v; len(d.values) > maxRecords {
			return nil, fmt.Errorf("the database has more than %d records", maxRecords)
		}
	}
	if known == 0 {
		return nil, fmt.Errorf("no record of the database has a %s", what)
	}
	return d, nil
}

// Lookup returns the value for an address; the zero value if it has none.
func (d *database[T]) Lookup(a netip.Addr) T {
	r := d.reader.Lookup(a)
	if !r.Found() {
		var none T
		return none
	}
	return d.values[r.Offset()]
}

// Len returns the number of distinct records.
func (d *database[T]) Len() int { return len(d.values) }

// Built returns when the database was made, by its own word.
func (d *database[T]) Built() time.Time { return d.built }

// at reads the value at a path of a record. ok is false if there is none of that
// type; an error means that the database is damaged.
func at[T any](r maxminddb.Result, path ...any) (v T, ok bool, err error) {
	var p *T
	if err := r.DecodePath(&p, path...); err != nil {
		var invalid maxminddb.InvalidDatabaseError
		if errors.As(err, &invalid) {
			return v, false, errors.New("a record of the database is damaged")
		}
		return v, false, nil // there is something else at the path
	}
	if p == nil {
		return v, false, nil
	}
	return *p, true, nil
}

// countryPaths are where databases keep the code of the country: where the
// address is, else where it is registered (MaxMind, DB-IP), else flat ones.
var countryPaths = [][]any{{"country", "iso_code"}, {"registered_country", "iso_code"}, {"country_code"}, {"country"}}

func countryOf(r maxminddb.Result) (string, error) {
	for _, path := range countryPaths {
		s, ok, err := at[string](r, path...)
		if err != nil {
			return "", err
		}
		if ok && len(s) == 2 && letter(s[0]) && letter(s[1]) {
			return strings.ToUpper(s), nil
		}
	}
	return "", nil
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func asnOf(r maxminddb.Result) (uint32, error) {
	for _, key := range []string{"autonomous_system_number", "asn"} {
		n, ok, err := at[uint32](r, key)
		if err != nil || ok {
			return n, err
		}
		s, ok, err := at[string](r, key)
		if err != nil {
			return 0, err
		}
		if n, valid := parseASN(s); ok && valid {
			return n, nil
		}
	}
	return 0, nil
}

// parseASN reads "AS16509"; any case, and without AS too.
func parseASN(s string) (uint32, bool) {
	if len(s) > 2 && strings.EqualFold(s[:2], "AS") {
		s = s[2:]
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n > 0
}
