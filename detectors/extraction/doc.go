// Package extraction finds callers that copy a model through its API: by
// harvesting answers (distillation), fast, slowly or with pauses; by reading out
// logits; by probing what it was trained on; by its embeddings; by batches; or with
// many keys of one tenant.
//
// extraction.principal judges a principal's answers by the hour and by the day,
// extraction.bulk its embeddings and batches by the day, extraction.tenant the
// principals of a tenant together. Each rule adds up what speaks for and against,
// needs volume and several independent kinds of behaviour, and takes what a log does
// not state as no evidence at all. Principals of several tenants that share the work
// are the matter of package campaign.
package extraction
