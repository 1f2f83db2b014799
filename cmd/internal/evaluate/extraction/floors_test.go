package extraction

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gatehound/gatehound/schemas"
)

func call(at time.Time, input int64) *schemas.Event {
	return &schemas.Event{Time: at.UnixNano(), Principal: "p", Operation: "chat", Status: 200, InputTokens: input, Known: schemas.HasInputTokens}
}

func TestFloors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		n      int
		apart  time.Duration
		length func(i int) int64
		want   [4]int
	}{
		{"a thousand", 1000, time.Minute / 2, func(i int) int64 { return int64(i) }, [4]int{0, 1, 0, 0}},
		{"a thousand and one", 1001, time.Minute / 2, func(i int) int64 { return int64(i) }, [4]int{1, 1, 0, 0}},
		{"a hundred", 100, time.Minute, func(i int) int64 { return int64(i) }, [4]int{}},
		{"a hundred of one length", 100, time.Minute, func(int) int64 { return 80 }, [4]int{0, 0, 0, 1}},
		{"99 of one length", 99, time.Minute, func(int) int64 { return 80 }, [4]int{}},
		{"500 an hour of one length", 500, 7 * time.Second, func(int) int64 { return 80 }, [4]int{0, 1, 1, 1}},
		{"499 an hour", 499, 7 * time.Second, func(int) int64 { return 80 }, [4]int{0, 1, 0, 1}},
		{"of nearly one length", 120, time.Minute, func(i int) int64 { return 80 + int64(i%2)*30 }, [4]int{0, 1, 0, 1}},
		{"of two lengths", 120, time.Minute, func(i int) int64 { return 80 + int64(i%2)*60 }, [4]int{0, 1, 0, 0}},
		{"of no length", 120, time.Minute, func(int) int64 { return 0 }, [4]int{0, 1, 0, 0}},
		{"of a length beyond belief", 120, time.Minute, func(int) int64 { return 1 << 62 }, [4]int{0, 1, 0, 1}},
		{"96 on each of two days", 192, 15 * time.Minute, func(int) int64 { return 80 }, [4]int{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFloors()
			at := noon.Truncate(24 * time.Hour)
			for i := range tt.n {
				f.observe(call(at.Add(time.Duration(i)*tt.apart), tt.length(i)), "p")
			}
			for i, want := range tt.want {
				assert.Len(t, f.alarms[i], want, floorNames[i])
			}
		})
	}
}

func TestAFloorSpeaksOnceADayAndAtOnce(t *testing.T) {
	f := newFloors()
	at := noon.Truncate(24 * time.Hour)
	for day := range 2 {
		for i := range 400 {
			f.observe(call(at.Add(time.Duration(day)*24*time.Hour+time.Duration(i)*time.Minute), 80), "p")
			f.observe(call(at.Add(time.Duration(day)*24*time.Hour+time.Duration(i)*time.Minute), int64(i)), "q")
		}
	}
	said := f.alarms[1]
	if assert.Len(t, said, 4, "two principals on two days") {
		assert.Equal(t, at.Add(100*time.Minute), said[0].at, "with the call that is too many")
		assert.Equal(t, []string{"p"}, said[0].names)
		assert.True(t, said[0].accuses())
	}
	assert.Len(t, f.alarms[3], 2)
}

func TestExchange(t *testing.T) {
	for want, change := range map[string]func(*schemas.Event){
		"":          func(*schemas.Event) {},
		"refused":   func(e *schemas.Event) { e.Status = 429 },
		"nobody":    func(e *schemas.Event) { e.Principal = "" },
		"no model":  func(e *schemas.Event) { e.Operation = "" },
		"no status": func(e *schemas.Event) { e.Status = 0 },
	} {
		ev := call(noon, 1)
		change(ev)
		assert.Equal(t, want == "", exchange(ev), want)
	}
}
