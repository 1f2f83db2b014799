package webhook

import (
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// ocsf makes a Detection Finding of a.
func ocsf(a *schemas.Alert, key string) ocsfFinding {
	activity, status := stage(a)
	f := ocsfFinding{
		ActivityID: activity, CategoryUID: ocsfCategory, ClassUID: ocsfClass, TypeUID: ocsfClass*100 + activity,
		SeverityID: int(a.Severity) + 1, Severity: severityName(a.Severity), StatusID: status,
		ConfidenceID: confidence(a.Confidence), ConfidenceScore: int(a.Confidence*100 + 0.5),
		IsAlert: calls(a),
		Time:    millis(a.Finding.Detected), StartTime: millis(a.FirstSeen), EndTime: millis(a.LastSeen),
		Count: max(a.Findings, 1), Message: a.Summary, Comment: comment(a),
		Metadata: ocsfMetadata{Version: ocsfVersion,
			Product: ocsfProduct{Name: "Gatehound", VendorName: "Gatehound", Version: version()},
			UID:     key, CorrelationUID: a.Fingerprint, EventCode: a.Detector, TenantUID: a.Tenant, Sequence: a.Sequence},
		FindingInfo: info(a),
		Evidences:   evidences(a),
		Anomalies:   analyses(a),
		Unmapped:    unmapped(a),
	}
	if a.State == schemas.AlertResolved && a.Outcome != "" {
		f.Message = a.Outcome
	}
	if a.Finding.Model != "" && a.Finding.Provider != "" { // OCSF requires both
		f.Metadata.Profiles = []string{"ai_operation"}
		f.AIModel = &ocsfModel{Provider: a.Finding.Provider, Name: a.Finding.Model}
	}
	return f
}

// stage is activity_id (1 create, 2 update, 3 close) and status_id (1 new, 2 in
// progress, 4 resolved). It is in progress once somebody has taken it or has
// been called again.
func stage(a *schemas.Alert) (activity, status int) {
	switch {
	case a.State == schemas.AlertResolved:
		return 3, 4
	case a.State == schemas.AlertAcknowledged, a.State == schemas.AlertEscalated, a.Acknowledged != nil, a.Escalated > 0:
		return 2, 2
	case a.State == schemas.AlertOpen && a.Sequence <= 1:
		return 1, 1
	}
	return 2, 1
}

// calls reports whether somebody is to look at once.
func calls(a *schemas.Alert) bool {
	activity, _ := stage(a)
	return activity == 1 || a.State == schemas.AlertEscalated || a.State == schemas.AlertReopened
}

// comment is what people, or Gatehound, said of how it stands.
func comment(a *schemas.Alert) string {
	mark := a.Acknowledged
	if a.State == schemas.AlertResolved && a.Resolution != nil {
		mark = a.Resolution
	}
	switch {
	case mark == nil:
		return ""
	case mark.By == "" || mark.Comment == "":
		return mark.By + mark.Comment
	}
	return mark.By + ": " + mark.Comment
}

func info(a *schemas.Alert) ocsfInfo {
	out := ocsfInfo{UID: a.ID, Title: a.Title, Desc: a.Summary, SrcURL: a.URL,
		Analytic:    analytic(a.Detector),
		CreatedTime: millis(a.FirstSeen), ModifiedTime: max(millis(neutral.Moment(a)), millis(a.FirstSeen)),
		FirstSeenTime: millis(a.FirstSeen), LastSeenTime: millis(a.LastSeen),
		DataSources: []string{"AI gateway access log"}, EventsCount: a.Events}
	for _, t := range a.Finding.Techniques {
		if strings.HasPrefix(t.Framework, "MITRE ") {
			out.Attacks = append(out.Attacks, attack(t))
		} else {
			out.Tags = append(out.Tags, ocsfTag{Name: t.Framework, Value: t.ID + " " + t.Name})
		}
	}
	known := map[string]bool{a.Detector: true}
	for i, p := range a.Parts {
		out.RelatedEvents = append(out.RelatedEvents, related(a.ID+"#"+strconv.Itoa(i+1), p))
		if !known[p.Detector] {
			known[p.Detector] = true
			out.RelatedAnalytics = append(out.RelatedAnalytics, analytic(p.Detector))
		}
	}
	return out
}

func analytic(detector string) ocsfAnalytic {
	return ocsfAnalytic{TypeID: ocsfBehavioral, UID: detector, Name: detector}
}

func related(uid string, p schemas.AlertPart) ocsfRelated {
	status := "ongoing"
	if !p.Ended.IsZero() {
		status = "ended"
	}
	return ocsfRelated{
		UID: uid, Title: p.Title, SeverityID: int(p.Severity) + 1, Severity: severityName(p.Severity), Status: status,
		Count: p.Findings, FirstSeenTime: millis(p.FirstSeen), LastSeenTime: millis(p.LastSeen),
		Tags: []ocsfTag{{Name: "detector", Value: p.Detector}, {Name: p.Entity.Kind.String(), Value: p.Entity.Name}},
	}
}

func unmapped(a *schemas.Alert) ocsfUnmapped {
	out := ocsfUnmapped{EvidenceQuery: a.Finding.Query, State: a.State.String(), FindingUID: a.Finding.ID, Test: a.Test,
		MergedInto: a.MergedInto, Escalated: a.Escalated, Reopened: a.Reopened,
		RequestUIDs: a.Finding.Samples, Campaign: a.Finding.Campaign}
	if a.Acknowledged != nil {
		out.AcknowledgedBy = a.Acknowledged.By
	}
	return out
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
	if parent := t.Parent(); parent != "" {
		return ocsfAttack{Technique: ocsfNamed{UID: parent}, SubTechnique: &ocsfNamed{UID: t.ID, Name: t.Name}}
	}
	return ocsfAttack{Technique: ocsfNamed{UID: t.ID, Name: t.Name}}
}

// evidences say who it was, of a campaign with those who took most, and whom
// the events tie to them.
func evidences(a *schemas.Alert) []ocsfEvidence {
	out := []ocsfEvidence{evidence(a.Entity)}
	if c := a.Finding.Campaign; c != nil {
		for _, name := range c.Named {
			out = append(out, ocsfEvidence{User: &ocsfNamed{UID: name}})
		}
	}
	for _, e := range a.Finding.Related {
		out = append(out, evidence(e))
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

// analyses hold what was observed against what was expected, and tell how the
// events spread over time.
func analyses(a *schemas.Alert) []ocsfAnalysis {
	out := ocsfAnalysis{Targets: []ocsfTarget{{Name: a.Entity.Name, Type: a.Entity.Kind.String()}}}
	for _, f := range a.Finding.Features {
		out.Anomalies = append(out.Anomalies, measurement(f, f.Observed, f.Text))
		out.Baselines = append(out.Baselines, measurement(f, f.Expected, ""))
	}
	if s := a.Finding.Series; s != nil && len(s.Counts) > 0 && s.Step > 0 {
		out.Anomalies = append(out.Anomalies, spread(s))
	}
	if out.Anomalies == nil {
		return nil
	}
	return []ocsfAnalysis{out}
}

func spread(s *schemas.Series) ocsfMeasurement {
	out := ocsfMeasurement{Parameter: "events over time"}
	for i, n := range s.Counts {
		from := s.Start.Add(time.Duration(i) * time.Duration(s.Step) * time.Second)
		out.Observations = append(out.Observations, ocsfObservation{
			Value: strconv.FormatInt(n, 10), Count: n,
			Timespan: &ocsfTimespan{StartTime: millis(from), EndTime: millis(from.Add(time.Duration(s.Step) * time.Second))},
		})
	}
	return out
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
