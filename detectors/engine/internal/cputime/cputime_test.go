package cputime

import (
	"runtime"
	"testing"
	"time"
)

func TestOf(t *testing.T) {
	busy := Of(func() {
		for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
			runtime.Gosched()
		}
	})
	if busy <= 0 {
		t.Error("work takes no time")
	}
	if runtime.GOOS != "linux" {
		return
	}
	if idle := Of(func() { time.Sleep(20 * time.Millisecond) }); idle > 10*time.Millisecond {
		t.Errorf("waiting takes %v of CPU time", idle)
	}
}
