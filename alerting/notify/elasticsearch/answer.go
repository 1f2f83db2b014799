package elasticsearch

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gatehound/gatehound/alerting"
)

// types are the kinds of failure that are told by their name. The others, and
// every reason, stay unsaid: they are the receiver's words. See
// https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk and
// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/.
var types = map[string]bool{
	"mapper_parsing_exception":                true, // a field has another type, as OpenSearch and Elasticsearch 7 say
	"document_parsing_exception":              true, // likewise, as Elasticsearch 8 and later say
	"strict_dynamic_mapping_exception":        true, // a field is not in the mapping
	"illegal_argument_exception":              true, // too many fields, a bad pipeline
	"index_not_found_exception":               true,
	"security_exception":                      true,
	"index_closed_exception":                  true,
	"cluster_block_exception":                 true, // read only, or its disk is full
	"es_rejected_execution_exception":         true, // the queue is full
	"rejected_execution_exception":            true, // likewise, as OpenSearch says
	"circuit_breaking_exception":              true, // short of memory
	"unavailable_shards_exception":            true,
	"process_cluster_event_timeout_exception": true,
}

// passing are failures that end by themselves whatever status comes with them:
// an index that is read only for a while, a node that is short of something.
var passing = map[string]bool{
	"cluster_block_exception": true, "es_rejected_execution_exception": true, "rejected_execution_exception": true,
	"circuit_breaking_exception": true, "unavailable_shards_exception": true, "process_cluster_event_timeout_exception": true,
}

// verdict reads the answer about the one document: nil if it was written now or
// before.
func verdict(raw []byte) error {
	var answer struct {
		Items []map[string]struct {
			Status int `json:"status"`
			Error  struct {
				Type string `json:"type"`
			} `json:"error"`
		} `json:"items"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Items) != 1 {
		return errors.New("the answer is not of a bulk request")
	}
	item, ok := answer.Items[0]["create"]
	if !ok {
		return errors.New("the answer is not of a bulk request")
	}
	switch status := item.Status; {
	case status == 200, status == 201, status == 409: // 409: the document is there already
		return nil
	case status < 400 || status > 599:
		return errors.New("the answer is not of a bulk request")
	default:
		kind := "a failure of another type"
		if types[item.Error.Type] {
			kind = item.Error.Type
		}
		err := fmt.Errorf("document: answer %d, %s", status, kind)
		if status < 500 && status != 429 && !passing[item.Error.Type] {
			return alerting.Permanent(err)
		}
		return err
	}
}
