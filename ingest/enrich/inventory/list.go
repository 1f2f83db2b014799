package inventory

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// parseList reads lines such as
//
//	GET,POST api.example.com/v1/files/{id} deprecated
//
// where the methods and the host may be left out ("*" is every method), and the
// listing is known unless "deprecated" or "internal" follows. "#" begins a
// comment. Errors name the line's number and not its text.
func parseList(data []byte) ([]Endpoint, error) {
	var list []Endpoint
	line := 0
	for rest := data; len(rest) > 0; {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		line++
		if len(text) > 2*maxPath {
			return nil, fmt.Errorf("line %d has more than %d bytes", line, 2*maxPath)
		}
		if i := bytes.IndexByte(text, '#'); i >= 0 {
			text = text[:i]
		}
		words := strings.Fields(string(text))
		if len(words) == 0 {
			continue
		}
		methods := []string{""}
		if words[0] == "*" {
			words = words[1:]
		} else if isMethod([]byte(words[0])) {
			methods, words = strings.Split(words[0], ","), words[1:]
		}
		if len(words) == 0 {
			return nil, fmt.Errorf("line %d has no path", line)
		}
		slash := strings.IndexByte(words[0], '/')
		state, ok := listingOf(words[1:])
		if slash < 0 || !ok {
			return nil, fmt.Errorf("line %d is not of the form METHOD /path [deprecated|internal]", line)
		}
		for _, m := range methods {
			list = append(list, Endpoint{Method: m, Host: strings.ToLower(bare(words[0][:slash])), Path: words[0][slash:], Listing: state})
		}
		if len(list) > maxEndpoints {
			return nil, errMany
		}
	}
	return list, nil
}

// listingOf reads the words behind a path or a model.
func listingOf(words []string) (schemas.Listing, bool) {
	if len(words) == 0 {
		return schemas.ListingKnown, true
	}
	switch strings.Trim(words[0], "[]") {
	case "known":
		return schemas.ListingKnown, len(words) == 1
	case "deprecated":
		return schemas.ListingDeprecated, len(words) == 1
	case "internal":
		return schemas.ListingInternal, len(words) == 1
	}
	return 0, false
}
