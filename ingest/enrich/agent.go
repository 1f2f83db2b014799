package enrich

import (
	"hash/maphash"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// agentEntries is the size of the cache of user agents, a power of two.
const agentEntries = 256

// maxAgent bounds how much of a user agent is read, in bytes.
const maxAgent = 512

type agentEntry struct {
	hash  uint64
	class schemas.ClientClass
}

// agentSeed seeds the hash by which user agents are remembered; it is drawn
// when the program starts, so that nobody can make two user agents collide.
var agentSeed = maphash.MakeSeed()

// class returns the class of a user agent, from the cache if it is there. An
// entry is known by 64 bits of a seeded hash.
func (e *Enricher) class(agent string) schemas.ClientClass {
	if agent == "" {
		return schemas.ClientUnknown
	}
	h := maphash.String(agentSeed, agent)
	entry := &e.agents[h%agentEntries]
	if entry.hash != h || h == 0 {
		*entry = agentEntry{h, ClassOf(agent)}
	}
	return entry.class
}

// ClassOf returns what a user agent says that the client is, by the names of the
// products in it. If they say several things the most telling counts: a scanner
// and a crawler also call themselves Mozilla. "-" is the gateways' sign for no
// user agent; an empty text says only that none was logged.
func ClassOf(agent string) schemas.ClientClass {
	switch agent {
	case "":
		return schemas.ClientUnknown
	case "-":
		return schemas.ClientEmpty
	}
	agent = agent[:min(len(agent), maxAgent)]
	best := schemas.ClientUnknown
	var buf [40]byte
	for i := 0; i < len(agent); {
		word := buf[:0]
		start := i
		for i < len(agent) && nameByte(agent[i]) {
			if len(word) < len(buf) {
				c := agent[i]
				if c >= 'A' && c <= 'Z' {
					c |= 0x20
				}
				word = append(word, c)
			}
			i++
		}
		if i == start {
			i++
			continue
		}
		c := classOfProduct(word)
		if c == schemas.ClientAICrawler && i < len(agent) && agent[i] == '/' && string(word) == "cohere-ai" {
			c = schemas.ClientSDK // the crawler of this name states no version
		}
		if rank[c] > rank[best] {
			best = c
		}
	}
	return best
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// rank orders the classes by how much they tell.
var rank = [...]uint8{
	schemas.ClientUnknown: 0, schemas.ClientBrowser: 1, schemas.ClientHTTP: 2, schemas.ClientSDK: 3,
	schemas.ClientCrawler: 4, schemas.ClientAICrawler: 5, schemas.ClientScanner: 6, schemas.ClientEmpty: 0,
}

// classOfProduct returns the class of a product's name in lower case.
func classOfProduct(name []byte) schemas.ClientClass {
	if len(name) < 2 {
		return schemas.ClientUnknown
	}
	if c, ok := products[string(name)]; ok {
		return c
	}
	n := view(name)
	switch {
	case strings.HasSuffix(n, "bot"), strings.HasSuffix(n, "spider"), strings.HasSuffix(n, "crawler"):
		return schemas.ClientCrawler
	case strings.HasSuffix(n, "scanner"), strings.HasSuffix(n, "fuzzer"):
		return schemas.ClientScanner
	}
	for _, p := range families {
		if strings.HasPrefix(n, p.prefix) {
			return p.class
		}
	}
	return schemas.ClientUnknown
}

// logsAgent reports whether a format has the user agent of every request that
// sent one: there an empty one was not sent, elsewhere it is not known. Kong and
// APISIX log all headers; nginx's combined format and the default formats of
// Envoy and its AI Gateway have the header. The documented formats of AWS API
// Gateway lack it, Traefik drops headers unless it is told to keep them, and in
// ECS the field is optional.
func logsAgent(format string) bool {
	switch format {
	case "kong", "nginx", "apisix", "envoy":
		return true
	}
	return false
}
