package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
	chcolumn "github.com/ClickHouse/clickhouse-go/v2/lib/column"

	"github.com/gatehound/gatehound/storage/internal/statement"
)

// permanentCodes are the errors of ClickHouse that the same statement with the
// same data meets again, however often it is tried, until someone changes the
// schema or the data. The names are those of its ErrorCodes.cpp.
var permanentCodes = []int32{
	6,   // CANNOT_PARSE_TEXT
	8,   // THERE_IS_NO_COLUMN
	10,  // NOT_FOUND_COLUMN_IN_BLOCK
	16,  // NO_SUCH_COLUMN_IN_TABLE
	20,  // NUMBER_OF_COLUMNS_DOESNT_MATCH
	27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
	33,  // CANNOT_READ_ALL_DATA
	36,  // BAD_ARGUMENTS
	38,  // CANNOT_PARSE_DATE
	41,  // CANNOT_PARSE_DATETIME
	42,  // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
	43,  // ILLEGAL_TYPE_OF_ARGUMENT
	44,  // ILLEGAL_COLUMN
	46,  // UNKNOWN_FUNCTION
	47,  // UNKNOWN_IDENTIFIER
	48,  // NOT_IMPLEMENTED
	50,  // UNKNOWN_TYPE
	53,  // TYPE_MISMATCH
	60,  // UNKNOWN_TABLE
	62,  // SYNTAX_ERROR
	69,  // ARGUMENT_OUT_OF_BOUND
	70,  // CANNOT_CONVERT_TYPE
	72,  // CANNOT_PARSE_NUMBER
	81,  // UNKNOWN_DATABASE
	115, // UNKNOWN_SETTING
	117, // INCORRECT_DATA
	131, // TOO_LARGE_STRING_SIZE
	349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
	396, // TOO_MANY_ROWS_OR_BYTES
	469, // VIOLATED_CONSTRAINT
	691, // UNKNOWN_ELEMENT_OF_ENUM
}

// IsRetryable reports whether what gave err may succeed if it is tried again as
// it is. Networks, time-outs, a server that is overloaded, read-only, full or
// starting are retryable, and so is a refused login: none of them is the fault
// of the batch, which must be kept. A schema or data that do not fit are not,
// and neither is a statement that is not allowed. A code of ClickHouse that is
// not known here counts as retryable. nil is not.
func IsRetryable(err error) bool {
	switch class(err) {
	case "", "permanent":
		return false
	}
	return true
}

// class sorts errors for metrics: "" for nil, "permanent", "timeout", "login",
// "overload", "server" or "network".
func class(err error) string {
	var server *clickhouse.Exception
	var conversion *chcolumn.ColumnConverterError
	var typed *chcolumn.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &server):
		return classOf(server.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "timeout"
	case errors.As(err, &conversion), errors.As(err, &typed), errors.Is(err, clickhouse.ErrBatchInvalid),
		errors.Is(err, errMigration), errors.Is(err, errOwn):
		return "permanent"
	}
	for _, refused := range []error{statement.ErrEmpty, statement.ErrSeveral, statement.ErrUnterminated,
		statement.ErrCharacter, statement.ErrStart, statement.ErrNotRead, statement.ErrOutfile} {
		if errors.Is(err, refused) {
			return "permanent"
		}
	}
	return "network"
}

func classOf(code int32) string {
	switch {
	case slices.Contains(permanentCodes, code):
		return "permanent"
	case slices.Contains([]int32{159, 160, 209, 394}, code): // TIMEOUT_EXCEEDED, TOO_SLOW, SOCKET_TIMEOUT, QUERY_WAS_CANCELLED
		return "timeout"
	case slices.Contains([]int32{192, 193, 194, 497, 516}, code): // unknown user, wrong or missing password, ACCESS_DENIED, AUTHENTICATION_FAILED
		return "login"
	case slices.Contains([]int32{202, 241, 243, 252, 439, 745}, code): // too many queries, memory, disk, parts, threads, SERVER_OVERLOADED
		return "overload"
	}
	return "server"
}

// errOwn marks what this package refuses by itself.
var errOwn = errors.New("refused")

// explain puts what a person can do before the error of a connection attempt.
func (s *Store) explain(err error) error {
	var server *clickhouse.Exception
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	at := fmt.Sprintf("clickhouse at %v over %s", s.addresses, s.protocol)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &server) && classOf(server.Code) == "login":
		return fmt.Errorf("%s refused user %q: check username and password: %w", at, s.cfg.Username, err)
	case errors.As(err, &server) && server.Code == 81:
		return fmt.Errorf("%s has no database %q: run `gatehound migrate`: %w", at, s.cfg.Database, err)
	case errors.As(err, &authority):
		return fmt.Errorf("%s has a certificate of an unknown authority: set tls.ca: %w", at, err)
	case errors.As(err, &host):
		return fmt.Errorf("%s has a certificate for another name: set tls.server_name: %w", at, err)
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("%s does not speak TLS on this port: check tls.enabled and the port: %w", at, err)
	}
	return fmt.Errorf("%s: %w", at, err)
}

// IsNoDatabase reports whether err says that the database is not there yet:
// Migrate makes it.
func IsNoDatabase(err error) bool {
	var server *clickhouse.Exception
	return errors.As(err, &server) && server.Code == 81
}

// IsNoTable reports whether err says that a table is not there yet: Migrate makes
// it.
func IsNoTable(err error) bool {
	var server *clickhouse.Exception
	return errors.As(err, &server) && server.Code == 60
}
