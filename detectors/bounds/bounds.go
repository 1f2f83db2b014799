// Package bounds holds settings against the bounds that their comments give.
package bounds

import (
	"cmp"
	"fmt"
)

// Within returns an error that names the setting key if its value v is not from
// least to most; NaN is not.
func Within[T cmp.Ordered](key string, v, least, most T) error {
	if v >= least && v <= most {
		return nil
	}
	return fmt.Errorf("%s is %v, want %v to %v", key, v, least, most)
}

// OrOff is as Within, but the zero of T is allowed too: it turns something off.
func OrOff[T cmp.Ordered](key string, v, least, most T) error {
	var off T
	if v == off || v >= least && v <= most {
		return nil
	}
	return fmt.Errorf("%s is %v, want %v (off) or %v to %v", key, v, off, least, most)
}
