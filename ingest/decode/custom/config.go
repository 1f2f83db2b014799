package custom

import "errors"

// Config is one mapping: how the records of one log are told from all others,
// and where in them each field is. It maps JSON objects (Match) or lines of
// text (Line), one of the two.
type Config struct {
	// Name is the mapping's name, the events' format: 1 to 32 of a-z, 0-9, _
	// and -, not the name of another format. No default.
	Name string `mapstructure:"name"`
	// Match tells which JSON objects are of this log. No default; for JSON.
	Match Match `mapstructure:"match"`
	// Line is the template of a line of text, for example
	// `%{client} - %{principal} [%{time}] "%{request_line}" %{status}`: texts as
	// they stand, and names of values between them. At most 4096 bytes and 64
	// names. No default; for lines of text.
	Line string `mapstructure:"line"`
	// Fields say where the fields are: 1 to 64, each field once. With Line, a
	// value that has the name of a field needs no entry.
	Fields []Field `mapstructure:"fields"`
}

// Match tells a log by what its objects have: everything that is given must
// hold. Paths are those of Field.
type Match struct {
	// All are members that must all be there: up to 8.
	All []string `mapstructure:"all"`
	// Any are members of which one must be there: up to 8.
	Any []string `mapstructure:"any"`
	// Equals are members that must be there with a certain value: up to 8.
	Equals []Equal `mapstructure:"equals"`
}

// Equal is a member and the value that it must have.
type Equal struct {
	Path string `mapstructure:"path"`
	// Value is compared as text: a number by its digits, a truth as true or
	// false. 1 to 256 bytes.
	Value string `mapstructure:"value"`
}

// Field says where one field of the event is in the log.
type Field struct {
	// Field is the field's name; the README lists them.
	Field string `mapstructure:"field"`
	// Path is one place, or up to 8 of which the first that states something
	// counts: names joined with dots, [n] for the nth value of an array. A name
	// that has dots itself is found, too. With Line, the name of a value.
	Path []string `mapstructure:"path"`
	// Value stands in where no path states anything; without a path it is the
	// field's value in every record. At most 1024 bytes.
	Value string `mapstructure:"value"`
	// Unit is the unit of a latency: ns, us, ms or s. It must be given; a text
	// that has its own ("12ms") is read by that.
	Unit string `mapstructure:"unit"`
	// Layout is how a time is written: rfc3339, clf, epoch, epoch_ms, epoch_us,
	// epoch_ns, or a layout of Go's time package. Default: all of the first,
	// told apart by their form and magnitude.
	Layout string `mapstructure:"layout"`
	// Zone is the time zone of times that state none, for example
	// Europe/Berlin. Default UTC.
	Zone string `mapstructure:"zone"`
	// List is which value of an array, or of a text with commas, counts: first,
	// last or join (all, with commas). Default: the first of an array, and a
	// text as it is; join for forwarded.
	List string `mapstructure:"list"`
	// Map translates values, compared as they stand: up to 64. A value that is
	// not listed is taken as it is.
	Map []Translation `mapstructure:"map"`
}

// Translation is a value of the log and what it means.
type Translation struct {
	From string `mapstructure:"from"`
	To   string `mapstructure:"to"`
}

// The bounds of a configuration.
const (
	maxMappings = 64
	maxFields   = 64
	maxPaths    = 8
	maxMatches  = 8
	maxWords    = 64
	maxPath     = 256
	maxNames    = 8 // in a path
	maxIndex    = 999
	maxValue    = 1024
	maxLine     = 4096
)

// Validate checks all mappings, and returns every fault with its key.
func Validate(mappings []Config) error {
	_, err := Formats(mappings)
	return err
}

var errBoth = errors.New("want either match, for JSON, or line, for lines of text")
