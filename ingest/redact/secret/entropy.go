package secret

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
)

// Drawn reports whether what follows a key's prefix looks drawn, not written:
// a digit, both cases, or no word's end for long.
func Drawn(rest string) bool {
	bits := uint16(0)
	for i := range len(rest) {
		bits |= chars.Classes[rest[i]]
	}
	return bits&chars.Digit != 0 || bits&chars.Upper != 0 && bits&chars.Lower != 0 || longestPart(rest) >= 20
}

// longestPart returns the length of the longest run of letters and digits.
func longestPart(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if chars.Classes[s[i]]&chars.Alnum == 0 {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// Random reports whether the token looks like it was drawn at random from
// letters of both cases and digits, or from a large alphabet at great length.
// Base-62 characters change their class (upper, lower, digit) at 0.62 of their
// places; identifiers made of words at 0.1 to 0.3. UUIDs, hexadecimal digests
// and names with dates are not random in this sense.
func Random(tok string, least int) bool {
	if len(tok) < least {
		return false
	}
	bits, hexOnly, share := profile(tok)
	if hexOnly {
		return false
	}
	switch upper, lower, digit := bits&chars.Upper != 0, bits&chars.Lower != 0, bits&chars.Digit != 0; {
	case upper && lower && digit:
		return share >= 0.35 && longestMixed(tok) >= 8 && !hyphenated(tok) && (share >= 0.5 || lowerRuns(tok)*5 < len(tok)*3)
	case upper && lower:
		return len(tok) >= 24 && share >= 0.42
	case lower && digit:
		return longestPart(tok) >= 30 && share >= 0.2
	case upper && digit:
		return longestPart(tok) >= 28 && share >= 0.2
	}
	return false
}

// hyphenated reports whether tok is made of short parts, as the names of models
// are: three and more of at most ten characters.
func hyphenated(tok string) bool {
	return longestPart(tok) <= 10 && strings.Count(tok, "-")+strings.Count(tok, "_") >= 2
}

// longestMixed returns the length of the longest run of letters and digits that
// is neither a hexadecimal number nor letters alone nor digits alone.
func longestMixed(tok string) int {
	longest := 0
	for start := 0; start < len(tok); {
		end, bits, hexOnly := start, uint16(0), true
		for end < len(tok) && chars.Classes[tok[end]]&chars.Alnum != 0 {
			bits |= chars.Classes[tok[end]]
			hexOnly = hexOnly && chars.Classes[tok[end]]&chars.Hex != 0
			end++
		}
		if !hexOnly && bits&chars.Digit != 0 || bits&chars.Upper != 0 && bits&chars.Lower != 0 {
			longest = max(longest, end-start)
		}
		start = end + 1
	}
	return longest
}

// lowerRuns returns how many characters of tok stand in runs of four small
// letters and more, as in words.
func lowerRuns(tok string) int {
	total, run := 0, 0
	for i := range len(tok) {
		if chars.Classes[tok[i]]&chars.Lower == 0 {
			run = 0
			continue
		}
		if run++; run == 4 {
			total += 4
		} else if run > 4 {
			total++
		}
	}
	return total
}

// Written reports whether a part of a base64 run, between '/' and '+', is a
// word: six characters or more of which few change their class.
func Written(run string) bool {
	for start := 0; start < len(run); {
		end := start
		for end < len(run) && run[end] != '/' && run[end] != '+' {
			end++
		}
		if part := run[start:end]; len(part) >= 6 {
			if _, _, share := profile(part); share < 0.25 || ObjectID(part) || IsUUID(part) {
				return true
			}
		}
		start = end + 1
	}
	return false
}

// Spread returns the share of the places of tok at which the class changes, if
// it has letters of both cases and digits, else 0.
func Spread(tok string) float64 {
	bits, _, share := profile(tok)
	if bits&chars.Alnum != chars.Alnum {
		return 0
	}
	return share
}

// profile returns the classes of tok's bytes, whether all its letters and
// digits are hexadecimal, and the share of the places between two of them at
// which the class changes.
func profile(tok string) (bits uint16, hexOnly bool, share float64) {
	hexOnly = true
	changes, places := 0, 0
	prev := uint16(0)
	for i := range len(tok) {
		c := chars.Classes[tok[i]]
		bits |= c
		if c&chars.Alnum == 0 {
			prev = 0
			continue
		}
		hexOnly = hexOnly && c&chars.Hex != 0
		if prev != 0 {
			places++
			if prev != c&chars.Alnum {
				changes++
			}
		}
		prev = c & chars.Alnum
	}
	return bits, hexOnly, float64(changes) / float64(max(1, places))
}

// objectIDs are the prefixes of the ids of the providers' objects, which are
// random but no secrets.
var objectIDs = []string{"chatcmpl-", "cmpl-", "resp_", "msg_", "req_", "run_", "thread_", "asst_", "file-", "file_",
	"batch_", "call_", "step_", "vs_", "vsfb_", "conv_", "ftjob-", "ftevent-", "ft-", "toolu_", "gen-", "modr-",
	"org-", "proj_", "user-", "item_", "rs_", "fc_", "ws_", "evalrun_", "eval_", "upload_", "ckpt-", "msgbatch_"}

// ObjectID reports whether the token is the id of a provider's object.
func ObjectID(tok string) bool {
	for _, p := range objectIDs {
		if len(tok) <= 64 && strings.HasPrefix(tok, p) {
			return true
		}
	}
	return false
}

// IsUUID reports whether s has the form 8-4-4-4-12 of hexadecimal digits.
func IsUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	for i := range len(s) {
		if i != 8 && i != 13 && i != 18 && i != 23 && chars.Classes[s[i]]&chars.Hex == 0 {
			return false
		}
	}
	return true
}
