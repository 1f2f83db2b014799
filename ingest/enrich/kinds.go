package enrich

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/gatehound/gatehound/ingest/enrich/inventory"
	"github.com/gatehound/gatehound/ingest/enrich/network"
	"github.com/gatehound/gatehound/ingest/enrich/price"
)

// The largest files, in bytes.
const (
	maxDatabase  = 512 << 20
	maxList      = 256 << 20
	maxInventory = 64 << 20
	maxModelList = 16 << 20
)

// kind is a table that comes from files. All its files are loaded together.
type kind struct {
	// name is the value of the metrics' label kind.
	name  string
	files []string
	// limit bounds each file, in bytes.
	limit int64
	// parse makes the table of the files' contents, puts it into s and sets
	// entries, built and inexact.
	parse func(k *kind, contents [][]byte, s *snapshot) error

	// entries counts what the table has; built is when its data were made, if
	// they say so; inexact as in inventory.Parse.
	entries, inexact int
	built            time.Time
	// loaded is what the files were like when the table in force was read,
	// tried when one was last read, with or without success, and seen when they
	// were last looked at.
	loaded, tried, seen []stamp
}

// kindNames are the names of all kinds that there are.
var kindNames = [...]string{"country", "asn", "networks", "endpoints", "models", "prices"}

// kindsOf returns the kinds that are configured.
func kindsOf(cfg Config) []*kind {
	var kinds []*kind
	add := func(name string, limit int64, parse func(*kind, [][]byte, *snapshot) error, files ...string) {
		kinds = append(kinds, &kind{name: name, files: files, limit: limit, parse: parse})
	}
	if cfg.CountryDatabase != "" {
		add("country", maxDatabase, parseCountries, cfg.CountryDatabase)
	}
	if cfg.ASNDatabase != "" {
		add("asn", maxDatabase, parseASNs, cfg.ASNDatabase)
	}
	if len(cfg.Networks) > 0 {
		var files []string
		for _, n := range cfg.Networks {
			files = append(files, n.File)
		}
		add("networks", maxList, networksParser(cfg), files...)
	}
	if len(cfg.Endpoints) > 0 {
		var files []string
		for _, e := range cfg.Endpoints {
			files = append(files, e.File)
		}
		add("endpoints", maxInventory, endpointsParser(cfg.Endpoints), files...)
	}
	if cfg.ModelFile != "" {
		add("models", maxModelList, parseModels, cfg.ModelFile)
	}
	if cfg.PriceFile != "" {
		add("prices", maxInventory, parsePrices, cfg.PriceFile)
	}
	return kinds
}

// load reads the kind's files and puts its table into s, which is not in force
// yet. What the files were like is noted before they are read, so that a change
// in between is seen later.
func (k *kind) load(s *snapshot) error {
	k.tried = stamps(k.files)
	contents := make([][]byte, len(k.files))
	for i, f := range k.files {
		data, err := read(f, k.limit)
		if err != nil {
			return fmt.Errorf("read %s: %w", f, err)
		}
		contents[i] = data
	}
	next := *k
	if err := guarded(&next, contents, s); err != nil {
		return fmt.Errorf("load %s: %w", k.name, err)
	}
	next.loaded = k.tried
	*k = next
	return nil
}

// guarded turns a panic of a parser into an error: the parsers of YAML and of
// databases are others' work, and a damaged file must not stop the program.
func guarded(k *kind, contents [][]byte, s *snapshot) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the parser gave up on the file")
		}
	}()
	k.inexact, k.built = 0, time.Time{}
	return k.parse(k, contents, s)
}

// read returns the content of a regular file of at most limit bytes.
func read(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, 0, min(info.Size(), limit)+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit {
			return nil, fmt.Errorf("it has more than %d bytes", limit)
		}
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}

func parseCountries(k *kind, contents [][]byte, s *snapshot) error {
	d, err := network.OpenCountries(contents[0])
	if err != nil {
		return err
	}
	s.countries, k.entries, k.built = d, d.Len(), d.Built()
	return nil
}

func parseASNs(k *kind, contents [][]byte, s *snapshot) error {
	d, err := network.OpenASNs(contents[0])
	if err != nil {
		return err
	}
	s.asns, k.entries, k.built = d, d.Len(), d.Built()
	return nil
}

func networksParser(cfg Config) func(*kind, [][]byte, *snapshot) error {
	return func(k *kind, contents [][]byte, s *snapshot) error {
		l := network.NewLists()
		for i, data := range contents {
			class, _ := classOf(cfg.Networks[i].Class)
			if err := l.Add(class, data); err != nil {
				return fmt.Errorf("%s: %w", cfg.Networks[i].File, err)
			}
		}
		k.entries = l.Len()
		if cfg.Clouds {
			l.AddClouds()
		}
		s.networks = l
		return nil
	}
}

func endpointsParser(files []EndpointFile) func(*kind, [][]byte, *snapshot) error {
	return func(k *kind, contents [][]byte, s *snapshot) error {
		var all []inventory.Endpoint
		for i, data := range contents {
			f := files[i]
			list, inexact, err := inventory.Parse(inventory.Format(f.Format), data)
			if err != nil {
				return fmt.Errorf("%s: %w", f.File, err)
			}
			for _, e := range list {
				if e.Host == "" {
					e.Host = f.Host
				}
				switch {
				case f.Mount == "":
				case e.Kind == inventory.Regexp:
					e.Path = regexp.QuoteMeta(f.Mount) + "(?:" + e.Path + ")"
				default:
					e.Path = f.Mount + e.Path
				}
				all = append(all, e)
			}
			k.inexact += inexact
		}
		endpoints, err := inventory.New(all)
		if err != nil {
			return err
		}
		s.endpoints, k.entries = endpoints, endpoints.Len()
		return nil
	}
}

func parseModels(k *kind, contents [][]byte, s *snapshot) error {
	m, err := inventory.ParseModels(contents[0])
	if err != nil {
		return err
	}
	s.models, k.entries = m, m.Len()
	return nil
}

func parsePrices(k *kind, contents [][]byte, s *snapshot) error {
	t, err := price.ParseLiteLLM(contents[0])
	if err != nil {
		return err
	}
	s.priceFile, k.entries = t, t.Len()
	return nil
}
