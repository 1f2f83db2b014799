package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
)

// Request is one attempt.
type Request struct {
	// Method is POST if it is empty.
	Method string
	URL    string
	Body   []byte
	// Header has what goes with it besides User-Agent.
	Header map[string]string
	// Gzip compresses the body and says so.
	Gzip bool
}

// Post sends r and returns the answer of a receiver that says in the body how
// it went, at most 256 KB. Errors are for Classify.
func Post(ctx context.Context, client *http.Client, r Request) ([]byte, error) {
	resp, err := send(ctx, client, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// Tell sends r to a receiver whose status says it all. What it writes besides
// is read for a moment, so that it is not cut off in the middle of its work.
// Errors are for Classify.
func Tell(ctx context.Context, client *http.Client, r Request) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := send(ctx, client, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	glimpse(resp.Body, maxErrorBody, cancel)
	return nil
}

func send(ctx context.Context, client *http.Client, r Request) (*http.Response, error) {
	method := r.Method
	if method == "" {
		method = http.MethodPost
	}
	body := r.Body
	if r.Gzip {
		var err error
		if body, err = compress(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, r.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	req.Header.Set("User-Agent", "gatehound")
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	if r.Gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	return client.Do(req)
}

func compress(body []byte) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
