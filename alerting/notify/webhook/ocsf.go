package webhook

import (
	"encoding/json"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

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
	UID           string       `json:"uid"`
	Title         string       `json:"title"`
	Desc          string       `json:"desc"`
	Analytic      ocsfAnalytic `json:"analytic"`
	Attacks       []ocsfAttack `json:"attacks,omitempty"`
	Tags          []ocsfTag    `json:"tags,omitempty"`
	CreatedTime   int64        `json:"created_time"`
	ModifiedTime  int64        `json:"modified_time"`
	FirstSeenTime int64        `json:"first_seen_time"`
	LastSeenTime  int64        `json:"last_seen_time"`
	DataSources   []string     `json:"data_sources"`
	EventsCount   int64        `json:"related_events_count"`
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
	Value string `json:"value"`
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
	// RequestUIDs are requests of the window to look at.
	RequestUIDs []string `json:"request_uids,omitempty"`
	// Campaign is as in schemas/json/alert.v1.schema.json.
	Campaign *schemas.Campaign `json:"campaign,omitempty"`
}

// ocsf encodes a as a Detection Finding.
func ocsf(a *schemas.Alert, key string) ([]byte, error) {
	activity, status := 1, 1 // Create, New
	switch a.State {
	case schemas.AlertUpdated:
		activity, status = 2, 2 // Update, In Progress
	case schemas.AlertResolved:
		activity, status = 3, 4 // Close, Resolved
	case schemas.AlertOpen:
		if a.Sequence > 1 { // open again
			activity, status = 2, 2
		}
	}
	f := ocsfFinding{
		ActivityID: activity, CategoryUID: ocsfCategory, ClassUID: ocsfClass, TypeUID: ocsfClass*100 + activity,
		SeverityID: int(a.Severity) + 1, Severity: severityName(a.Severity), StatusID: status,
		ConfidenceID: confidence(a.Confidence), ConfidenceScore: int(a.Confidence*100 + 0.5),
		IsAlert: activity == 1,
		Time:    millis(a.Finding.Detected), StartTime: millis(a.FirstSeen), EndTime: millis(a.LastSeen),
		Count: max(a.Findings, 1), Message: a.Summary,
		Metadata: ocsfMetadata{Version: ocsfVersion,
			Product: ocsfProduct{Name: "Gatehound", VendorName: "Gatehound", Version: version()},
			UID:     key, CorrelationUID: a.Fingerprint, EventCode: a.Detector, TenantUID: a.Tenant, Sequence: a.Sequence},
		FindingInfo: ocsfInfo{UID: a.ID, Title: a.Title, Desc: a.Summary,
			Analytic:    ocsfAnalytic{TypeID: ocsfBehavioral, UID: a.Detector, Name: a.Detector},
			CreatedTime: millis(a.FirstSeen), ModifiedTime: millis(a.Finding.Detected),
			FirstSeenTime: millis(a.FirstSeen), LastSeenTime: millis(a.LastSeen),
			DataSources: []string{"AI gateway access log"}, EventsCount: a.Events},
		Evidences: evidences(a),
		Anomalies: analyses(a),
		Unmapped:  ocsfUnmapped{EvidenceQuery: a.Finding.Query, State: a.State.String(), FindingUID: a.Finding.ID, RequestUIDs: a.Finding.Samples, Campaign: a.Finding.Campaign},
	}
	for _, t := range a.Finding.Techniques {
		if strings.HasPrefix(t.Framework, "MITRE ") {
			f.FindingInfo.Attacks = append(f.FindingInfo.Attacks, attack(t))
		} else {
			f.FindingInfo.Tags = append(f.FindingInfo.Tags, ocsfTag{Name: t.Framework, Value: t.ID + " " + t.Name})
		}
	}
	if a.Finding.Model != "" && a.Finding.Provider != "" { // OCSF requires both
		f.Metadata.Profiles = []string{"ai_operation"}
		f.AIModel = &ocsfModel{Provider: a.Finding.Provider, Name: a.Finding.Model}
	}
	doc, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return neutral.JSON(doc), nil
}

// severityName is OCSF's caption of a severity.
func severityName(s schemas.Severity) string {
	return [...]string{"Informational", "Low", "Medium", "High", "Critical"}[min(s, schemas.SeverityCritical)]
}

// confidence is OCSF's confidence_id: low, medium or high. OCSF leaves the
// bounds to the producer.
func confidence(c float64) int {
	switch {
	case c < 0.4:
		return 1
	case c < 0.75:
		return 2
	}
	return 3
}

// millis is OCSF's timestamp_t.
func millis(t time.Time) int64 { return max(t.UnixMilli(), 0) }

// attack splits the id of a sub-technique ("T1110.003", "AML.T0024.002") from
// its technique's.
func attack(t schemas.Technique) ocsfAttack {
	if i := strings.LastIndexByte(t.ID, '.'); i > 0 && len(t.ID)-i == 4 {
		return ocsfAttack{Technique: ocsfNamed{UID: t.ID[:i]}, SubTechnique: &ocsfNamed{UID: t.ID, Name: t.Name}}
	}
	return ocsfAttack{Technique: ocsfNamed{UID: t.ID, Name: t.Name}}
}

// evidences say who it was, of a campaign with those who took most.
func evidences(a *schemas.Alert) []ocsfEvidence {
	out := []ocsfEvidence{evidence(a.Entity)}
	if c := a.Finding.Campaign; c != nil {
		for _, name := range c.Named {
			out = append(out, ocsfEvidence{User: &ocsfNamed{UID: name}})
		}
	}
	return out
}

// evidence says who it was. A network has no field of its own in OCSF.
func evidence(e schemas.Entity) ocsfEvidence {
	switch e.Kind {
	case schemas.EntityPrincipal:
		return ocsfEvidence{User: &ocsfNamed{UID: e.Name}}
	case schemas.EntityRoute:
		return ocsfEvidence{API: &ocsfAPI{Operation: e.Name}}
	case schemas.EntityAddress:
		if addr, err := netip.ParseAddr(e.Name); err == nil {
			return ocsfEvidence{SrcEndpoint: &ocsfEndpoint{IP: addr.String()}}
		}
	}
	return ocsfEvidence{Data: map[string]string{"kind": e.Kind.String(), "name": e.Name}}
}

func analyses(a *schemas.Alert) []ocsfAnalysis {
	if len(a.Finding.Features) == 0 {
		return nil
	}
	out := ocsfAnalysis{Targets: []ocsfTarget{{Name: a.Entity.Name, Type: a.Entity.Kind.String()}}}
	for _, f := range a.Finding.Features {
		out.Anomalies = append(out.Anomalies, measurement(f, f.Observed, f.Text))
		out.Baselines = append(out.Baselines, measurement(f, f.Expected, ""))
	}
	return []ocsfAnalysis{out}
}

func measurement(f schemas.Feature, value float64, pattern string) ocsfMeasurement {
	text := strings.TrimSpace(strconv.FormatFloat(value, 'g', -1, 64) + " " + f.Unit)
	return ocsfMeasurement{Parameter: f.Name, Observations: []ocsfObservation{{Value: text}}, Pattern: pattern}
}

// version is the version of the module that this is built into.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
