package injection

import (
	"math"
	"math/bits"
	"time"

	"github.com/gatehound/gatehound/detectors/sketch"
)

// The rules, which are quiet about a caller each for itself.
const (
	ruleSignatures = iota
	ruleBlocked
	ruleHidden
	ruleVariants
	ruleRefusals
	rules
)

// state is what is kept of a caller, in less than 680 bytes.
type state struct {
	// Seen is the time of the last event, Met when each rule was met last.
	Seen int64
	Met  [rules]int64
	Run  run
	// Window has the counts of the open windows.
	Window [2]window
	// Hits and Blocks are the usual shares of prompts that hit a signature and
	// that are blocked, Near that of near duplicates; Known in how many windows
	// they were seen.
	Hits, Blocks, Near float32
	Known              uint16
	Chain              chain
}

// window has the counts of one open window.
type window struct{ Events, Prompts, Hits, Blocks, Near uint32 }

// The length of a run, and of a pause that ends it.
const (
	pause   = time.Hour
	longest = 2 * time.Hour
)

// run is what a caller did since something about it was remarkable.
type run struct {
	Since, Last int64
	// Before is the usual share of near duplicates when it began, so that a run
	// does not become usual by its own beginning.
	Before float32
	// Prompts are all, Warm those at a high temperature, Tests those of clients
	// that call themselves scanners.
	Prompts, Warm, Tests uint32
	// Disguised are the prompts with hidden or disguised text and no hit.
	Disguised uint32
	// Hits and Blocked are the different prompts that hit a signature and that
	// were blocked; Leak, Hidden and Odd those that ask for the system prompt,
	// that hit in hidden text, and that have much hidden text without a hit.
	Hits, Blocked     sketch.Bitmap256
	Leak, Hidden, Odd sketch.Bitmap64
	// Everyone are the end users of a quarter of the prompts, Users those of what
	// was hit or blocked, and Nameless counts what has none.
	Everyone sketch.Bitmap64
	Users    sketch.TopK8
	Nameless uint32
	// Template, shortened, and Length are the last near duplicate's: what fills
	// the slots of one template is no other spelling of it.
	Template uint32
	Length   int32
	Variants cluster
}

// cluster finds near duplicates: up to four prompts that others are near to.
type cluster struct {
	At [4]struct {
		Sim   uint64
		Min   [4]uint32
		Count uint32
	}
	// Different are the different prompts that were near to one of them, Near
	// and Bad count them all and those that hit a signature; Blocked those that
	// were blocked.
	Different          sketch.HLL64
	Near, Bad, Blocked uint32
}

// Near duplicates differ in at most radius of the 64 bits of their SimHash, or
// in at most wide of them if half of their MinHash is equal, too. Of a prompt of
// 60 words with five letters changed, half of the shingles are others: it
// differs by some 17 bits; prompts of one template with other material by 25, and
// then one in twenty has half of the MinHash equal.
const radius, wide = 3, 20

// near tells whether two prompts are near duplicates.
func near(a, b uint64, m, n *[4]uint32) bool {
	d := bits.OnesCount64(a ^ b)
	if d <= radius || d > wide {
		return d <= radius
	}
	equal := 0
	for i := range m {
		if m[i] == n[i] && m[i] != 0 {
			equal++
		}
	}
	return equal >= 2
}

// add tells whether a prompt is a near duplicate of others.
func (c *cluster) add(sim uint64, min *[4]uint32, fingerprint uint64, hit, blocked bool) bool {
	least := 0
	for i := range c.At {
		a := &c.At[i]
		if a.Count > 0 && near(a.Sim, sim, &a.Min, min) {
			a.Count++
			c.Near++
			c.Different.Add(sketch.Mix(fingerprint))
			if hit {
				c.Bad++
			}
			if blocked {
				c.Blocked++
			}
			return true
		}
		if a.Count < c.At[least].Count {
			least = i
		}
	}
	// Who is asked for often makes no room at once.
	if a := &c.At[least]; a.Count > 0 {
		a.Count--
	}
	if a := &c.At[least]; a.Count == 0 {
		a.Sim, a.Min, a.Count = sim, *min, 1
	}
	return false
}

func (c *cluster) count() float64 { return math.Round(c.Different.Count()) }

// chain follows short answers of about one length to prompts of about one
// length.
type chain struct {
	In, Out int32
	Length  uint16
	// Inputs are the different lengths of prompts, Usual is the typical length
	// of an answer (by its logarithm) of so many that are in no chain.
	Inputs sketch.Bitmap64
	Usual  float32
	Seen   uint16
	// Broken tells that an answer came that was much longer.
	Broken bool
}

// The lengths of a refusal in tokens ("I'm sorry, but I can't help with that."
// has 11); labels and numbers are shorter.
const shortest, refusalEnd = 6, 60

// add takes an answer in; capped tells that it may not be longer.
func (c *chain) add(in, out int64, capped bool) {
	close := func(a, b, slack int64) bool { return a-b <= slack && b-a <= slack }
	last := int64(c.In)
	same := c.Length > 0 && close(in, last, max(last/20, 3))
	refused := out >= shortest && out <= refusalEnd && !capped
	switch {
	case refused && same && close(out, int64(c.Out), 4):
		if c.Length < math.MaxUint16 {
			c.Length++
		}
	case refused:
		c.Length, c.Inputs, c.Broken = 1, 0, false
	default:
		c.Broken = same && c.Length >= 10 && out >= 5*int64(c.Out)
		c.Length, c.Inputs = 0, 0
	}
	if refused {
		c.In, c.Out = int32(min(in, math.MaxInt32)), int32(out)
		c.Inputs.Add(sketch.Mix(uint64(in)))
	}
	// Before a chain is long it is not known to be one.
	if c.Length < 5 {
		if c.Seen < math.MaxUint16 {
			c.Seen++
		}
		weight := max(1.0/64, 1/float32(c.Seen))
		c.Usual += weight * (log2(out) - c.Usual)
	}
}

// usual is the typical length of an answer.
func (c *chain) usual() float64 { return math.Exp2(float64(c.Usual)) }

// log2 returns about the logarithm of a length, 0 for what is below 1; between
// powers of two it is a straight line, at most 0.09 too low.
func log2(n int64) float32 {
	if n < 1 {
		return 0
	}
	whole := bits.Len64(uint64(n)) - 1
	return float32(whole) + float32(n-1<<whole)/float32(int64(1)<<whole)
}
