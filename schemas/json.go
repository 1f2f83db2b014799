package schemas

import "embed"

//go:generate go run ./internal/genschema

// JSON holds the JSON Schemas of Event, Finding and Alert, as
// json/<name>.v<version>.schema.json. They are generated from the types and
// their comments.
//
//go:embed json/*.schema.json
var JSON embed.FS
