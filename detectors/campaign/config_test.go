package campaign

import "testing"

func TestConfig(t *testing.T) {
	c := DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Fatalf("the defaults are not valid: %v", err)
	}
	for name, change := range map[string]func(*Config){
		"members is 2, want 3 to 1000":              func(c *Config) { c.Members = 2 },
		"score is 5, want 6 to 100":                 func(c *Config) { c.Score = 5 },
		"exchanges is 99, want 100 to 1000000000":   func(c *Config) { c.Exchanges = 99 },
		"repeat_hours is 8761, want 1 to 8760":      func(c *Config) { c.RepeatHours = 8761 },
		"repeat_hours is 0, want 1 to 8760":         func(c *Config) { c.RepeatHours = 0 },
		"exchanges is -500, want 100 to 1000000000": func(c *Config) { c.Exchanges = -500 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || err.Error() != name {
			t.Errorf("got %v, want %s", err, name)
		}
		if _, err := Watchers(c); err == nil || err.Error() != "campaign: "+name {
			t.Errorf("Watchers: got %v, want campaign: %s", err, name)
		}
	}
	c.Enabled = false
	if w, err := Watchers(c); err != nil || len(w) > 0 {
		t.Errorf("%d watchers that are not enabled, %v", len(w), err)
	}
}
