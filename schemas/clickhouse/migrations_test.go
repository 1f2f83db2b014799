package clickhouse

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// repeatable are the statements that do no harm when they are run again.
var repeatable = regexp.MustCompile(`^(CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS|ALTER TABLE \w+ (ADD|DROP|MODIFY|RENAME) (COLUMN|INDEX) IF (NOT )?EXISTS|DROP (TABLE|VIEW) IF EXISTS) `)

func TestMigrationsCanBeRunAgain(t *testing.T) {
	names, err := fs.Glob(Files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	comment := regexp.MustCompile(`(?m)^\s*--.*\n`)
	for i, name := range names {
		if !strings.HasPrefix(name, fmt.Sprintf("%04d_", i+1)) {
			t.Errorf("%s must be number %04d", name, i+1)
		}
		b, err := fs.ReadFile(Files, name)
		if err != nil {
			t.Fatal(err)
		}
		text := comment.ReplaceAllString(string(b), "")
		if !strings.HasSuffix(text, ";\n") {
			t.Errorf("%s does not end in a semicolon and a newline", name)
		}
		for j, sql := range strings.Split(strings.TrimSuffix(text, ";\n"), ";\n") {
			if !repeatable.MatchString(strings.TrimSpace(sql)) {
				t.Errorf("%s, statement %d cannot be run again", name, j+1)
			}
			if strings.Contains(sql, ";") {
				t.Errorf("%s, statement %d has a semicolon in it", name, j+1)
			}
		}
	}
}

// TestTablesExpire holds every table with rows against what a person expects:
// it has a TTL in seconds, which is how the store finds and changes it.
func TestTablesExpire(t *testing.T) {
	names, err := fs.Glob(Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	ttl := regexp.MustCompile(`\nTTL .+ \+ toIntervalSecond\(\d+\)`)
	tables := 0
	for _, name := range names {
		b, err := fs.ReadFile(Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range strings.Split(string(b), ";\n") {
			if strings.Contains(sql, "CREATE TABLE") {
				tables++
				if !ttl.MatchString(sql) {
					t.Errorf("%s: a table without a ttl", name)
				}
			}
		}
	}
	if tables != 15 {
		t.Errorf("%d tables, want 15", tables)
	}
}
