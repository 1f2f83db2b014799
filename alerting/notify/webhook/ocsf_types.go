package webhook

import "github.com/gatehound/gatehound/schemas"

// OCSF's Detection Finding (https://schema.ocsf.io/1.8.0/classes/detection_finding).
const (
	ocsfVersion  = "1.8.0"
	ocsfCategory = 2
	ocsfClass    = 2004
	// ocsfBehavioral is the analytic's type: all detectors hold behaviour
	// against expectation.
	ocsfBehavioral = 2
)

type ocsfFinding struct {
	ActivityID      int            `json:"activity_id"`
	CategoryUID     int            `json:"category_uid"`
	ClassUID        int            `json:"class_uid"`
	TypeUID         int            `json:"type_uid"`
	SeverityID      int            `json:"severity_id"`
	Severity        string         `json:"severity"`
	StatusID        int            `json:"status_id"`
	ConfidenceID    int            `json:"confidence_id"`
	ConfidenceScore int            `json:"confidence_score"`
	IsAlert         bool           `json:"is_alert"`
	Time            int64          `json:"time"`
	StartTime       int64          `json:"start_time"`
	EndTime         int64          `json:"end_time"`
	Count           int            `json:"count"`
	Message         string         `json:"message"`
	Comment         string         `json:"comment,omitempty"`
	Metadata        ocsfMetadata   `json:"metadata"`
	FindingInfo     ocsfInfo       `json:"finding_info"`
	Evidences       []ocsfEvidence `json:"evidences"`
	Anomalies       []ocsfAnalysis `json:"anomaly_analyses,omitempty"`
	AIModel         *ocsfModel     `json:"ai_model,omitempty"`
	Unmapped        ocsfUnmapped   `json:"unmapped"`
}

type ocsfMetadata struct {
	Version        string      `json:"version"`
	Profiles       []string    `json:"profiles,omitempty"`
	Product        ocsfProduct `json:"product"`
	UID            string      `json:"uid"`
	CorrelationUID string      `json:"correlation_uid"`
	EventCode      string      `json:"event_code"`
	TenantUID      string      `json:"tenant_uid,omitempty"`
	Sequence       int         `json:"sequence"`
}

type ocsfProduct struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version"`
}

type ocsfInfo struct {
	UID              string         `json:"uid"`
	Title            string         `json:"title"`
	Desc             string         `json:"desc"`
	SrcURL           string         `json:"src_url,omitempty"`
	Analytic         ocsfAnalytic   `json:"analytic"`
	RelatedAnalytics []ocsfAnalytic `json:"related_analytics,omitempty"`
	Attacks          []ocsfAttack   `json:"attacks,omitempty"`
	Tags             []ocsfTag      `json:"tags,omitempty"`
	CreatedTime      int64          `json:"created_time"`
	ModifiedTime     int64          `json:"modified_time"`
	FirstSeenTime    int64          `json:"first_seen_time"`
	LastSeenTime     int64          `json:"last_seen_time"`
	DataSources      []string       `json:"data_sources"`
	RelatedEvents    []ocsfRelated  `json:"related_events,omitempty"`
	EventsCount      int64          `json:"related_events_count"`
}

// ocsfRelated is a part of an alert. UID is the alert's and the part's number,
// which a part keeps.
type ocsfRelated struct {
	UID           string    `json:"uid"`
	Title         string    `json:"title"`
	SeverityID    int       `json:"severity_id"`
	Severity      string    `json:"severity"`
	Status        string    `json:"status"`
	Count         int       `json:"count"`
	FirstSeenTime int64     `json:"first_seen_time"`
	LastSeenTime  int64     `json:"last_seen_time"`
	Tags          []ocsfTag `json:"tags"`
}

type ocsfAnalytic struct {
	TypeID int    `json:"type_id"`
	UID    string `json:"uid"`
	Name   string `json:"name"`
}

type ocsfAttack struct {
	Technique    ocsfNamed  `json:"technique"`
	SubTechnique *ocsfNamed `json:"sub_technique,omitempty"`
}

type ocsfNamed struct {
	UID  string `json:"uid,omitempty"`
	Name string `json:"name,omitempty"`
}

type ocsfTag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type ocsfEvidence struct {
	SrcEndpoint *ocsfEndpoint     `json:"src_endpoint,omitempty"`
	User        *ocsfNamed        `json:"user,omitempty"`
	API         *ocsfAPI          `json:"api,omitempty"`
	Data        map[string]string `json:"data,omitempty"`
}

type ocsfEndpoint struct {
	IP string `json:"ip"`
}

type ocsfAPI struct {
	Operation string `json:"operation"`
}

type ocsfAnalysis struct {
	Targets   []ocsfTarget      `json:"analysis_targets"`
	Anomalies []ocsfMeasurement `json:"anomalies"`
	Baselines []ocsfMeasurement `json:"baselines"`
}

type ocsfTarget struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type ocsfMeasurement struct {
	Parameter    string            `json:"observation_parameter"`
	Observations []ocsfObservation `json:"observations"`
	Pattern      string            `json:"observed_pattern,omitempty"`
}

type ocsfObservation struct {
	Value    string        `json:"value"`
	Count    int64         `json:"count,omitempty"`
	Timespan *ocsfTimespan `json:"timespan,omitempty"`
}

type ocsfTimespan struct {
	StartTime int64 `json:"start_time"`
	EndTime   int64 `json:"end_time"`
}

type ocsfModel struct {
	Provider string `json:"ai_provider"`
	Name     string `json:"name"`
}

// ocsfUnmapped holds what OCSF has no place for.
type ocsfUnmapped struct {
	EvidenceQuery string `json:"evidence_query"`
	State         string `json:"state"`
	FindingUID    string `json:"finding_uid"`
	Test          bool   `json:"test,omitempty"`
	// MergedInto is the alert that this one became a part of.
	MergedInto string `json:"merged_into,omitempty"`
	// AcknowledgedBy is who has taken it; Escalated and Reopened count.
	AcknowledgedBy string `json:"acknowledged_by,omitempty"`
	Escalated      int    `json:"escalated,omitempty"`
	Reopened       int    `json:"reopened,omitempty"`
	// RequestUIDs are requests of the window to look at.
	RequestUIDs []string `json:"request_uids,omitempty"`
	// Campaign is as in schemas/json/alert.v1.schema.json.
	Campaign *schemas.Campaign `json:"campaign,omitempty"`
}
