// Package nearest finds the name that a misspelt one most likely means.
//
//	nearest.Name("lsiten", []string{"listen", "lang"}) // listen
//
// It knows nothing of what the names are for, and promises that a name that is like
// none of them gives "".
package nearest

import "strings"

// Name returns the name that a misspelt one most likely means, or "".
func Name(wrong string, names []string) string {
	wrong = strings.ToLower(wrong)
	best, least := "", 1+max(1, len(wrong)/3)
	for _, name := range names {
		if d := distance(wrong, strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
