package statement

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	for _, c := range []struct {
		name, sql, text string
		words           []string
		err             error
	}{
		{"plain", "SELECT 1", "SELECT 1", []string{"SELECT", "1"}, nil},
		{"closing semicolon", "select a_1 ; \n-- end", "select a_1 ", []string{"SELECT", "A_1"}, nil},
		{"several closing semicolons", "SELECT 1;;", "SELECT 1", []string{"SELECT", "1"}, nil},
		{"semicolon in a string", "SELECT 'a;b', 2", "SELECT 'a;b', 2", []string{"SELECT", "2"}, nil},
		{"semicolon in a quoted name", "SELECT `a;b`", "SELECT `a;b`", []string{"SELECT"}, nil},
		{"semicolon in comments", "SELECT /* ; */ 1 -- ; x\n, 2 # ;", "SELECT /* ; */ 1 -- ; x\n, 2 # ;", []string{"SELECT", "1", "2"}, nil},
		{"escaped quote", `SELECT 'a\'; DROP'`, `SELECT 'a\'; DROP'`, []string{"SELECT"}, nil},
		{"doubled quote", `SELECT 'a''; DROP'`, `SELECT 'a''; DROP'`, []string{"SELECT"}, nil},
		{"other letters in a string", "SELECT 'é’'", "SELECT 'é’'", []string{"SELECT"}, nil},
		{"parenthesis", "(SELECT 1) UNION ALL (SELECT 2)", "(SELECT 1) UNION ALL (SELECT 2)", []string{"SELECT", "1", "UNION", "ALL", "SELECT", "2"}, nil},
		{"two statements", "SELECT 1; DROP TABLE t", "", nil, ErrSeveral},
		{"second statement is a string", "SELECT 1; 'x'", "", nil, ErrSeveral},
		{"escaped backslash ends the string", `SELECT 'a\\'; DROP TABLE t`, "", nil, ErrSeveral},
		{"comment hides nothing", "SELECT 1 -- '\n; DROP TABLE t", "", nil, ErrSeveral},
		{"heredoc with a quote", "SELECT $$'$$; DROP TABLE t; --'", "", nil, ErrCharacter},
		{"typographic quotes with a quote", "SELECT ‘'’; DROP TABLE t; --'", "", nil, ErrCharacter},
		{"zero byte", "SELECT 1 -- \x00\n", "", nil, ErrCharacter},
		{"open string", "SELECT 'a", "", nil, ErrUnterminated},
		{"open string by escape", `SELECT 'a\'`, "", nil, ErrUnterminated},
		{"open comment", "SELECT 1 /* x", "", nil, ErrUnterminated},
		{"empty", " \n-- x", "", nil, ErrEmpty},
		{"only a semicolon", ";", "", nil, ErrEmpty},
		{"client command", "?? SELECT 1", "", nil, ErrStart},
		{"backslash command", `\d SELECT`, "", nil, ErrStart},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, words, err := Scan(c.sql)
			if !errors.Is(err, c.err) || text != c.text || !slices.Equal(words, c.words) {
				t.Fatalf("got %q, %q, %v; want %q, %q, %v", text, words, err, c.text, c.words, c.err)
			}
		})
	}
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		sql string
		err error
	}{
		{"SELECT format, outfile FROM events ORDER BY format DESC;", nil},
		{"with x as (select 1) select * from x", nil},
		{"EXPLAIN SELECT 1", nil},
		{"DESC events", nil},
		{"SELECT 'INTO OUTFILE'", nil},
		{"DROP TABLE events", ErrNotRead},
		{"INSERT INTO t VALUES (1)", ErrNotRead},
		{"SET readonly = 0", ErrNotRead},
		{"1 + 1", ErrNotRead},
		{"SELECT 1 into /**/ outfile '/tmp/x'", ErrOutfile},
		{"SELECT 1 INTO -- x\nOUTFILE '/tmp/x'", ErrOutfile},
		{"SELECT 1; SELECT 2", ErrSeveral},
		{"WITH 1 AS a INSERT INTO events SELECT * FROM events", ErrInsert},
		{"EXPLAIN insert INTO events SELECT 1", ErrInsert},
		{"SELECT file('/etc/passwd')", ErrReach},
		{"SELECT arrayMap(x -> File /* x */ -- (\n ('/etc/passwd'), [1])", ErrReach},
		{"SELECT `file`('/etc/passwd')", ErrReach},
		{"SELECT \"file\" ('/etc/passwd')", ErrReach},
		{"DESCRIBE TABLE url('http://192.0.2.1/')", ErrReach},
		{"DESCRIBE s3Cluster('c', 'http://192.0.2.1/')", ErrReach},
		{"SELECT * FROM icebergS3('x')", ErrReach},
		{"SELECT url, file FROM t WHERE file IN ('a') AND `url` IN ('b') AND 'file' = (SELECT 'insert')", nil},
		{"SELECT count(), quantile(0.5)(latency) FROM events", nil},
	} {
		t.Run(c.sql, func(t *testing.T) {
			text, err := Read(c.sql)
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err == nil && strings.TrimSuffix(c.sql, ";") != text {
				t.Fatalf("got %q", text)
			}
		})
	}
}

// FuzzScan holds what Scan accepts against its promise: without strings, quoted
// names and comments there is no semicolon left.
func FuzzScan(f *testing.F) {
	for _, s := range []string{"SELECT 1; SELECT 2", `SELECT '\'' ; -- x`, "a/*;*/;", "`;`", "#;\n;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		text, _, err := Scan(sql)
		if err != nil {
			return
		}
		again, _, err := Scan(text)
		if err != nil || again != text {
			t.Fatalf("not stable: %q gave %q, then %q, %v", sql, text, again, err)
		}
		if !strings.HasPrefix(sql, text) {
			t.Fatalf("%q is no beginning of %q", text, sql)
		}
	})
}
