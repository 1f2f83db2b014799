package embedded

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// helloRevision is the protocol revision at which clickhouse-go v2.50.0 reads
// the answer to its hello: ClientTCPProtocolVersion.
const helloRevision = 54460

// greeting answers the hello. It says that the server's revision is 0, because
// that is the framing in which libchdb writes Native blocks.
func (e *Engine) greeting() ([]byte, error) {
	var name, version, timezone proto.ColStr
	var revision proto.ColUInt32
	name.Append("embedded")
	version.Append(e.version)
	revision.Append(0)
	timezone.Append(e.timezone)
	var b proto.Buffer
	block := proto.Block{Rows: 1, Columns: 4, Info: proto.BlockInfo{BucketNum: -1}}
	err := block.EncodeBlock(&b, helloRevision, []proto.InputColumn{
		{Name: "displayName()", Data: name},
		{Name: "version()", Data: version},
		{Name: "revision()", Data: revision},
		{Name: "timezone()", Data: timezone},
	})
	return b.Buf, err
}

func success(r *http.Request, timezone string, body []byte) *http.Response {
	res := respond(r, http.StatusOK, body)
	res.Header.Set("X-ClickHouse-Format", "Native")
	res.Header.Set("X-ClickHouse-Timezone", timezone)
	return res
}

// failure gives the engine's error the form that a server's has.
func failure(r *http.Request, version string, err error) *http.Response {
	message := err.Error()
	code, _, ok := strings.Cut(strings.TrimPrefix(message, "Code: "), ".")
	if !ok || !strings.HasPrefix(message, "Code: ") {
		code = "1002" // UNKNOWN_EXCEPTION
		message = fmt.Sprintf("Code: 1002. DB::Exception: %s (UNKNOWN_EXCEPTION)", message)
	}
	res := respond(r, http.StatusInternalServerError, fmt.Appendf(nil, "%s (version %s)\n", message, version))
	res.Header.Set("X-ClickHouse-Exception-Code", code)
	res.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	return res
}

func respond(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		Status:        http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        make(http.Header),
		ContentLength: int64(len(body)),
		Body:          io.NopCloser(bytes.NewReader(body)),
		Request:       r,
	}
}
