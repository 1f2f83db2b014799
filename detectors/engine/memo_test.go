package engine

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/detectors/sketch"
)

func TestMemoIsTheHash(t *testing.T) {
	key := sketch.NewKey([16]byte([]byte("0123456789abcdef")))
	var m memo
	for range 3 {
		for i := range 2000 {
			for _, text := range []string{"", "/", fmt.Sprint("/v1/", i), fmt.Sprint(i, "-model"), fmt.Sprintf("%0300d", i)} {
				if got := m.hash(key, text); got != key.String(text) {
					t.Fatalf("text %d has hash %x, want %x", i, got, key.String(text))
				}
			}
		}
	}
}

// BenchmarkMemo is the hash of a route, a model and a host by the memo and by
// itself.
func BenchmarkMemo(b *testing.B) {
	texts := []string{"/v1/chat/completions", "gpt-4o-mini-2024-07-18", "api.example.com", "POST", "openai"}
	var m memo
	var key sketch.Key
	for name, hash := range map[string]func(string) uint64{
		"memo":    func(s string) uint64 { return m.hash(key, s) },
		"siphash": key.String,
	} {
		b.Run(name, func(b *testing.B) {
			sum := uint64(0)
			for b.Loop() {
				for _, s := range texts {
					sum += hash(s)
				}
			}
			b.ReportMetric(float64(sum&1), "bit")
		})
	}
}
