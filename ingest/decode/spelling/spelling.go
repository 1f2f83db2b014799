// Package spelling tells how far a mistyped name is from one that was meant.
package spelling

// longest is how long a name is compared, in bytes; a longer one is far from all.
const longest = 64

// Distance returns the Levenshtein distance of a and b in bytes: how many have
// to be put in, taken out or replaced. It takes len(a) times len(b) steps.
func Distance(a, b string) int {
	if len(a) > longest {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
