// Package statement looks at SQL text just closely enough to tell whether it is
// one statement, and which words it has outside of strings, quoted names and
// comments. It does not parse SQL: what it is not sure of it refuses, because
// its answers guard a store against what a reader of it may type.
package statement

import (
	"errors"
	"slices"
	"strings"
)

// The reasons for which Scan refuses a text. None of them quotes it.
var (
	ErrEmpty        = errors.New("the statement is empty")
	ErrSeveral      = errors.New("more than one statement: run one at a time")
	ErrUnterminated = errors.New("a string, a quoted name or a comment has no end")
	ErrStart        = errors.New("a statement begins with a word")
	ErrCharacter    = errors.New("a control character, a dollar sign or a character beyond ASCII outside of quotes")
)

// Scan returns the text without a closing semicolon, and its words outside of
// quotes and comments, in upper case and in order. Words are runs of ASCII
// letters, digits and underscores.
//
// ClickHouse knows quotes beyond those of SQL (heredocs and typographic quotes);
// a text with their first character outside of plain quotes is refused, since
// what looks like a quote within them would not be one.
func Scan(sql string) (text string, words []string, err error) {
	text, words, _, err = scan(sql)
	return text, words, err
}

// quotedName stands among the calls for a function whose name is quoted.
const quotedName = "\""

// scan is Scan, and returns also the words that an opening parenthesis follows,
// as it follows the name of a function.
func scan(sql string) (text string, words, calls []string, err error) {
	if strings.IndexByte(sql, 0) >= 0 {
		return "", nil, nil, ErrCharacter
	}
	end := -1  // where a semicolon was
	name := "" // what stands before, but for space and comments, if it is a name
	for i := 0; i < len(sql); {
		c := sql[i]
		n := 1
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
		case c == '-' && strings.HasPrefix(sql[i:], "--"), c == '#':
			if n = strings.IndexByte(sql[i:], '\n'); n < 0 {
				n = len(sql) - i
			}
		case c == '/' && strings.HasPrefix(sql[i:], "/*"):
			at := strings.Index(sql[i+2:], "*/")
			if at < 0 {
				return "", nil, nil, ErrUnterminated
			}
			n = at + 4
		case end >= 0 && c != ';':
			return "", nil, nil, ErrSeveral
		case c == ';':
			if end < 0 {
				end = i
			}
		case c == '\'' || c == '"' || c == '`':
			if n = quoted(sql[i:]); n == 0 {
				return "", nil, nil, ErrUnterminated
			}
			if name = quotedName; c == '\'' {
				name = ""
			}
		case wordByte(c):
			for i+n < len(sql) && wordByte(sql[i+n]) {
				n++
			}
			name = strings.ToUpper(sql[i : i+n])
			words = append(words, name)
		case c < ' ' || c == '$' || c >= 0x7f:
			return "", nil, nil, ErrCharacter
		case len(words) == 0 && c != '(':
			return "", nil, nil, ErrStart
		case c == '(' && name != "":
			calls = append(calls, name)
			name = ""
		default:
			name = ""
		}
		i += n
	}
	if len(words) == 0 {
		return "", nil, nil, ErrEmpty
	}
	if end >= 0 {
		sql = sql[:end]
	}
	return sql, words, calls, nil
}

// quoted returns the length of the quoted text that s begins with, 0 if it has
// no end. A backslash escapes in every kind of quotes; a doubled quote reads as
// two quoted texts side by side, which has the same extent.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return 0
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// readers are the first words of the statements that only read.
var readers = []string{"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"}

// The reasons for which Read refuses a statement beside those of Scan.
var (
	ErrNotRead = errors.New("only SELECT, WITH, SHOW, DESCRIBE, EXPLAIN and EXISTS are allowed")
	ErrOutfile = errors.New("INTO OUTFILE is not allowed")
	ErrInsert  = errors.New("INSERT is not allowed")
	ErrReach   = errors.New("functions that read files or call out, and functions with quoted names, are not allowed")
)

// reaching are the functions of ClickHouse 26.5 that read files, call out or
// start programs, and reachingKinds the beginnings of families of them.
var (
	reaching = []string{"FILE", "FILECLUSTER", "URL", "URLCLUSTER", "REMOTE", "REMOTESECURE", "CLUSTER",
		"CLUSTERALLREPLICAS", "EXECUTABLE", "PYTHON", "INPUT", "MYSQL", "POSTGRESQL", "MONGODB", "REDIS", "SQLITE",
		"JDBC", "ODBC", "HIVE", "OSS", "COSN", "GCS", "ARROWFLIGHT", "YTSAURUS", "CATBOOSTEVALUATE"}
	reachingKinds = []string{"S3", "AZUREBLOB", "HDFS", "ICEBERG", "DELTALAKE", "HUDI", "PAIMON"}
)

func reaches(call string) bool {
	return call == quotedName || slices.Contains(reaching, call) ||
		slices.ContainsFunc(reachingKinds, func(kind string) bool { return strings.HasPrefix(call, kind) })
}

// Read returns the text of one statement that only reads. It is the first of
// two walls; the second is the server's readonly setting. That one alone is not
// enough: an embedded engine under it carries out INTO OUTFILE and an INSERT
// behind WITH, reads any file by file(), and fetches what DESCRIBE url() names.
func Read(sql string) (string, error) {
	text, words, calls, err := scan(sql)
	if err != nil {
		return "", err
	}
	if !slices.Contains(readers, words[0]) {
		return "", ErrNotRead
	}
	if slices.Contains(words, "INSERT") {
		return "", ErrInsert
	}
	if slices.ContainsFunc(calls, reaches) {
		return "", ErrReach
	}
	for i, w := range words[1:] {
		if w == "OUTFILE" && words[i] == "INTO" {
			return "", ErrOutfile
		}
	}
	return text, nil
}
