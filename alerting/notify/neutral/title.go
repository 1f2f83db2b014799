package neutral

import "github.com/gatehound/gatehound/schemas"

// testMark begins the title of an alert that was made to try a sink.
const testMark = "TEST: "

// Title returns the title of a as Text does, with "TEST: " first if a is a
// test.
func Title(a *schemas.Alert, limit int) string {
	if a.Test {
		return Text(testMark+a.Title, limit)
	}
	return Text(a.Title, limit)
}
