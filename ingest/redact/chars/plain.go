package chars

// TokenLen is the length from which on a token is looked at for a secret.
const TokenLen = 16

// DigitsLen is the number of digits from which on a text can hold a number that
// names a person.
const DigitsLen = 7

// Plain reports whether s cannot hold anything that the detailed scan would
// find: no trigger, no long token, few digits, no short secret. It is what most
// texts cost.
func Plain(s string) bool {
	run, long, digits, dots := 0, 0, 0, 0
	at := false // an "at", which a "dot" can follow
	for i := 0; i < len(s); i++ {
		c := Classes[s[i]]
		if long++; c&Base64 == 0 {
			long = 0
		} else if long >= 2*TokenLen {
			return false
		}
		if c&Word == 0 {
			if c&Trigger != 0 {
				return false
			}
			if s[i] == '.' && i > 0 && Classes[s[i-1]]&Digit != 0 {
				if dots++; dots == 3 { // an IPv4 address has few digits
					return false
				}
			}
			switch {
			case run == 2 && s[i-1]|0x20 == 't' && s[i-2]|0x20 == 'a':
				if at = true; s[i] != ' ' {
					return false // "(at)"
				}
			case run == 3 && at && s[i-1]|0x20 == 't' && s[i-2]|0x20 == 'o' && s[i-3]|0x20 == 'd':
				return false
			case run >= 5 && s[i] == ' ' && Scheme(s[max(0, i-8):i]) != 0:
				return false
			}
			if s[i] == ',' && i > 0 && (s[i-1] == '"' || s[i-1] == '\'') { // ("password", "…")
				return false
			}
			run = 0
			continue
		}
		if run++; run >= TokenLen {
			return false
		}
		if c&Digit != 0 {
			if digits++; digits >= DigitsLen || run >= 8 && digits >= 5 {
				return false
			}
		}
		if s[i] != '-' {
			continue
		}
		if run == 1 && i > 0 && s[i-1] == ' ' { // an option of a command
			return false
		}
		if run == 3 && s[i-1]|0x20 == 'k' && s[i-2]|0x20 == 's' {
			return false
		}
	}
	return true
}

// Scheme returns the length of the authentication scheme that s ends with; 0 if
// it ends with none.
func Scheme(s string) int {
	if len(s) < 5 {
		return 0
	}
	var name string
	switch s[len(s)-1] | 0x20 {
	case 'r':
		name = "bearer"
	case 'c':
		name = "basic"
	case 't':
		name = "digest"
	case 'n':
		name = "token"
	case 'y':
		name = "apikey"
	default:
		return 0
	}
	if len(s) < len(name) || !EqualFold(s[len(s)-len(name):], name) {
		return 0
	}
	if rest := s[:len(s)-len(name)]; rest != "" && Classes[rest[len(rest)-1]]&Alnum != 0 {
		return 0
	}
	return len(name)
}
