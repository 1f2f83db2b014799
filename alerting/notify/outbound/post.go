package outbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// Request is one attempt to post a body.
type Request struct {
	URL  string
	Body []byte
	// Header has what goes with it besides User-Agent. The names are those of
	// http.Header, in canonical form.
	Header map[string]string
}

// Post posts r and returns the answer of a receiver that says in the body how
// it went, at most 256 KB. Errors are for Classify.
func Post(ctx context.Context, client *http.Client, r Request) ([]byte, error) {
	resp, err := send(ctx, client, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// Tell posts r to a receiver whose status says it all. What it writes besides
// is read for a moment, so that it is not cut off in the middle of its work.
// Errors are for Classify.
func Tell(ctx context.Context, client *http.Client, r Request) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := send(ctx, client, r)
	if err != nil {
		return err
	}
	glimpse(resp.Body, maxErrorBody, cancel)
	return nil
}

func send(ctx context.Context, client *http.Client, r Request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	req.Header.Set("User-Agent", "gatehound")
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	return client.Do(req)
}
