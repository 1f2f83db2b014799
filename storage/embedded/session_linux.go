package embedded

import (
	"fmt"
	"strings"
)

// session is one client session of the engine. It runs one statement at a time
// and keeps nothing from one to the next but the current database.
type session struct {
	lib      *library
	conn     uintptr
	tag      string // log_comment of everything that it runs, for KILL QUERY
	database string
}

// newSession opens a session with the limits of cfg; args are those of
// clickhouse-local, of which libchdb takes none for the limits.
func newSession(lib *library, args []string, tag string, cfg Config) (*session, error) {
	conn, err := lib.open(args)
	if err != nil {
		return nil, err
	}
	s := &session{lib: lib, conn: conn, tag: tag, database: "default"}
	limits := fmt.Sprintf("SET log_comment = %s, max_memory_usage = %d, max_threads = %d", quote(tag), cfg.QueryMemory, cfg.Threads)
	if _, _, err := lib.run(conn, limits, "Null", nil); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) close() { s.lib.closeConn(s.conn) }

// use makes database the current one.
func (s *session) use(database string) error {
	if database == "" || database == s.database {
		return nil
	}
	name := "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(database) + "`"
	if _, _, err := s.lib.run(s.conn, "USE "+name, "Null", nil); err != nil {
		return err
	}
	s.database = database
	return nil
}

// quote returns s as a string literal of ClickHouse's SQL.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// stopStatement kills what the session runs; it returns when the engine knows of
// it, which is before the statement has ended.
func (e *Engine) stopStatement(s *session) {
	e.kill.Lock()
	defer e.kill.Unlock()
	sql := fmt.Sprintf("KILL QUERY WHERE Settings['log_comment'] = %s ASYNC", quote(s.tag))
	if _, _, err := e.lib.run(e.admin.conn, sql, "Null", nil); err != nil {
		e.log.Warn("statement not stopped", "error", err)
	}
}
