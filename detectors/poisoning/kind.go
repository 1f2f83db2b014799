package poisoning

import (
	"strings"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// kind is what is written.
type kind uint8

const (
	nothing kind = iota
	feedback
	tuning
	file
	vector
	batch
	memory
	kinds
)

// nouns name one write of each kind.
var nouns = [kinds]string{"write", "rating", "fine-tuning job", "file upload", "vector write", "batch job", "memory write"}

// kindOf returns what an event writes, nothing if it does not, or was refused.
// Only the literals of the route count, or of the path: those of OpenAI and what is like it, Azure,
// Anthropic, Bedrock, Vertex, LiteLLM, Pinecone, Qdrant, Weaviate, Chroma,
// Langfuse and LangSmith.
func kindOf(ev *schemas.Event) kind {
	switch ev.Method {
	case "POST", "PUT", "PATCH":
	default:
		return nothing
	}
	if ev.Status >= 300 || ev.Auth == schemas.AuthFailure {
		return nothing
	}
	if ev.Tool != "" {
		return toolKind(ev.Tool)
	}
	// A gateway's own name of a route does not say what it is for.
	route := ev.Route
	if route == "" || route[0] != '/' {
		route = ev.Path
	}
	// Nearly all requests are asked of a model, or ask what was written.
	last := route[strings.LastIndexByte(route, '/')+1:]
	switch last {
	case "completions", "messages", "embeddings", "responses", "invoke", "converse", "converse-stream",
		"invoke-with-response-stream", "search", "query", "cancel", "scroll", "count", "get", "fetch", "list",
		"generate", "chat", "rerank", "moderations", "mcp", "facet", "recommend", "pause", "resume", "stop":
		return nothing
	}
	if strings.IndexByte(last, ':') >= 0 {
		return nothing // a verb of Google's: all of them ask a model
	}
	for i := 0; i < len(route); {
		end := i + 1
		for end < len(route) && route[end] != '/' {
			end++
		}
		if k := segmentKind(route[i+1 : end]); k != nothing {
			return k
		}
		i = end
	}
	return nothing
}

// segmentKind returns what one segment of a route says.
func segmentKind(s string) kind {
	switch s {
	case "feedback", "feedbacks", "rating", "ratings", "scores", "annotations", "votes":
		return feedback
	case "fine_tuning", "fine-tuning", "finetuning", "fine_tunes", "fine-tunes", "finetune", "fine-tune",
		"model-customization-jobs", "tuningJobs", "tunedModels", "customizations", "evals":
		return tuning
	case "files", "uploads", "documents", "datasets", "knowledge", "ingest":
		return file
	case "vector_stores", "vector-stores", "vectors", "upsert", "points", "objects", "collections", "indexes":
		return vector
	case "batches", "batch", "batchPredictionJobs", "model-invocation-job", "model-invocation-jobs":
		return batch
	case "memories", "memory":
		return memory
	}
	return nothing
}

// toolKind returns what the call of a tool writes: those of the memory and
// knowledge servers of the Model Context Protocol.
func toolKind(tool string) kind {
	switch tool {
	case "create_entities", "create_relations", "add_observations", "add_memory", "add_memories", "save_memory",
		"store_memory", "create_memory", "update_memory", "remember", "memory_store", "memory_write":
		return memory
	case "add_documents", "upsert_documents", "upsert_vectors", "qdrant-store", "add_document", "index_document":
		return vector
	}
	return nothing
}

// wanted tells that an event writes, or that it is one of the sample by which
// the others are known.
func wanted(ev *schemas.Event) bool {
	return sampled(ev) || kindOf(ev) != nothing
}

// sampled tells that an event is of one second in 64 and was not refused. It
// depends on the time alone, so a replay takes the same.
func sampled(ev *schemas.Event) bool {
	return sketch.Mix(uint64(ev.Time)/1e9)&63 == 0 && ev.Status < 400 && ev.Auth != schemas.AuthFailure
}
