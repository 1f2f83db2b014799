package api

import _ "embed"

//go:generate go run ./internal/genopenapi

// Document is the API's OpenAPI 3.1 document, made from Operations and the types
// that they exchange.
//
//go:embed openapi.json
var Document []byte

func (s *Server) openAPI(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	_, err := c.w.Write(Document)
	return err
}
