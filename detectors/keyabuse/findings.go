package keyabuse

import (
	"fmt"
	"time"

	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// What theft and sharing of keys are called by the catalogues.
var (
	validAccounts = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0012", Name: "Valid Accounts"}
	harvesting    = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0034", Name: "Cost Harvesting"}
	inference     = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0040", Name: "AI Model Inference API Access"}
	cloudAccounts = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1078.004", Name: "Valid Accounts: Cloud Accounts"}
	hijacking     = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1496", Name: "Resource Hijacking"}
	stolenToken   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1550.001", Name: "Use Alternate Authentication Material: Application Access Token"}
	brokenAuth    = schemas.Technique{Framework: "OWASP API 2023", ID: "API2:2023", Name: "Broken Authentication"}
	unbounded     = schemas.Technique{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"}

	techniques = []schemas.Technique{validAccounts, cloudAccounts, brokenAuth}
	jacking    = []schemas.Technique{validAccounts, harvesting, cloudAccounts, hijacking, unbounded, brokenAuth}
	replaying  = []schemas.Technique{stolenToken, validAccounts, brokenAuth}
	reselling  = []schemas.Technique{validAccounts, inference, cloudAccounts, unbounded, brokenAuth}
)

// past says how long the key is known.
func (d *watch) past(s *State) string {
	return words.Duration(time.Duration(s.last - s.first).Round(time.Hour))
}

// novelties returns the features of what strangers did that the key never did.
func novelties(set signs) []schemas.Feature {
	var out []schemas.Feature
	add := func(sign signs, name, text string, weight float64) {
		if set&sign != 0 {
			out = append(out, evidence.Feature(name, 1, 0, "", weight, text))
		}
	}
	add(newModel, "new_model", "They use a model that the key never used.", 0.2)
	add(probing, "probing", "Models that the key never used were refused just before.", 0.2)
	add(newClient, "new_client", "They use another program than the key did.", 0.15)
	add(newCountry, "new_country", "They come from a country that is new to the key.", 0.1)
	add(newClass, "anonymous", "They come through Tor.", 0.1)
	add(offHours, "off_hours", "They come in hours of the week in which the key rests.", 0.1)
	return out
}

// jackingFinding words a key on which somebody else lives.
func (d *watch) jackingFinding(s *State, w *hour, l *level, severity schemas.Severity) *schemas.Finding {
	calls, tokens := words.Count(float64(w.strange), "call"), ""
	if w.strangeTokens > 0 {
		tokens = " and " + words.Count(float64(w.strangeTokens), "token")
	}
	what := "a new model"
	if w.signs&newModel == 0 {
		what = "after probing models"
	}
	features := append([]schemas.Feature{evidence.Feature("new_network", float64(w.strange), 0, "calls/h", 0.25,
		calls+" came from networks that are new to the key.")}, novelties(w.signs)...)
	if l.burst {
		features = append(features, evidence.Feature("burst", l.rise, d.config.BurstFactor, "times", 0.3,
			fmt.Sprintf("They are %s times the busiest hour of the key; %s is a burst.", words.Number(l.rise), words.Number(d.config.BurstFactor))))
	}
	f := &schemas.Finding{
		Detector: "keyabuse.jacking", Severity: severity, Confidence: 0.6, Events: int64(w.strange), Techniques: jacking,
		Title: fmt.Sprintf("Stolen key: %s from a new network, %s", calls, what),
		Summary: fmt.Sprintf("In this hour one principal made %s%s from networks that it never used, with %s. For %s it kept to others, and its busiest hour had %s; likeliest innocent: a move to a new cloud.",
			calls, tokens, words.Count(float64(len(features)-1), "further novelty"), d.past(s), words.Count(float64(s.most.calls), "request")),
		Features: evidence.Weigh(features...),
	}
	f.Confidence = min(0.45+0.1*float64(len(features)), 0.95)
	return f
}

// hoursFinding words a burst of strangers while the key rests.
func (d *watch) hoursFinding(s *State, w *hour, l *level) *schemas.Finding {
	calls := words.Count(float64(w.strange), "call")
	return &schemas.Finding{
		Detector: "keyabuse.hours", Severity: schemas.SeverityMedium, Confidence: 0.6, Events: int64(w.strange), Techniques: jacking,
		Title: fmt.Sprintf("Out of hours: %s from a new network while the key rests", calls),
		Summary: fmt.Sprintf("In this hour one principal made %s from networks that it never used, %s times its busiest hour. In the weeks before it made none within two hours of this hour of the week.",
			calls, words.Number(l.rise)),
		Features: evidence.Weigh(append(novelties(w.signs),
			evidence.Feature("burst", l.rise, d.config.BurstFactor, "times", 0.3, fmt.Sprintf("They are %s times the busiest hour of the key.", words.Number(l.rise))),
			evidence.Feature("new_network", float64(w.strange), 0, "calls/h", 0.3, calls+" came from networks that are new to the key."))...),
	}
}

// enumerationFinding words the trying of models.
func (d *watch) enumerationFinding(s *State, tried int, g *guest) *schemas.Finding {
	models := words.Count(float64(tried), "model")
	if tried == maxRefused {
		models = "at least " + models
	}
	features := []schemas.Feature{evidence.Feature("refused_models", float64(tried), float64(d.config.Models), "models", 0.5,
		fmt.Sprintf("%s that the key never used were refused within ten minutes, before one answered.", models))}
	why := "requests that cannot succeed"
	if g.strange {
		why = "a new network"
		features = append(features, evidence.Feature("new_network", 1, 0, "", 0.3, "The caller is in a network that is new to the key."))
	}
	if g.signs&newClient != 0 {
		features = append(features, evidence.Feature("new_client", 1, 0, "", 0.2, "The caller uses another program than the key did."))
	}
	if s.probe.invalid >= 2 {
		features = append(features, evidence.Feature("invalid", float64(s.probe.invalid), 2, "requests", 0.3,
			fmt.Sprintf("%s asked for no tokens, as thieves do to learn what is enabled at no cost.", words.Count(float64(s.probe.invalid), "request"))))
	}
	return &schemas.Finding{
		Detector: "keyabuse.enumeration", Severity: schemas.SeverityMedium, Confidence: min(0.45+0.1*float64(len(features)), 0.9),
		Events: int64(tried) + 1, Techniques: jacking,
		Title: fmt.Sprintf("Key tried out: %s refused, then a success, with %s", models, why),
		Summary: fmt.Sprintf("With the key of one principal %s that it never used were refused within ten minutes, and then one answered. For %s it did not look for models; who finds a key begins so.",
			models, d.past(s)),
		Features: evidence.Weigh(features...),
	}
}

// travelFinding words two places at once.
func (d *watch) travelFinding(s *State, client bool) *schemas.Finding {
	j := &s.journey
	far, took := float64(j.far), max(j.took.Round(time.Second), time.Second)
	speed := far / took.Hours()
	f := &schemas.Finding{
		Detector: "keyabuse.travel", Severity: schemas.SeverityMedium, Confidence: 0.55, Events: max(int64(j.calls), 3), Techniques: techniques,
		Title: fmt.Sprintf("Impossible travel: one key %s km apart within %s", words.Number(far), words.Duration(took)),
		Summary: fmt.Sprintf("One principal called from two countries that are at least %s km apart within %s. An airliner makes %s km an hour, and the second country is new to the key; likeliest innocent: a VPN.",
			words.Number(far), words.Duration(took), words.Number(d.config.Speed)),
	}
	features := []schemas.Feature{evidence.Feature("speed", speed, d.config.Speed, "km/h", 0.7,
		fmt.Sprintf("The journey would need %s km an hour; people make up to %s.", words.Number(speed), words.Number(d.config.Speed)))}
	if client {
		f.Severity, f.Confidence = schemas.SeverityHigh, 0.7
		features = append(features, evidence.Feature("new_client", 1, 0, "", 0.3, "There, another program and network are used than the key did."))
	}
	f.Features = evidence.Weigh(features...)
	return f
}

// replayFinding words requests or tokens that are used again elsewhere.
func (d *watch) replayFinding(w *hour) *schemas.Finding {
	n, bound := float64(max(w.repeats, w.turns)), float64(d.config.Replays)
	f := &schemas.Finding{Detector: "keyabuse.replay", Severity: schemas.SeverityMedium, Confidence: 0.65, Events: int64(n), Techniques: replaying}
	if w.turns >= w.repeats {
		turns := words.Count(n, "turn")
		f.Severity, f.Confidence = schemas.SeverityHigh, 0.75
		f.Title = fmt.Sprintf("Replayed token: %s between two clients and networks", turns)
		f.Summary = fmt.Sprintf("A session token of one principal was used in turn by two programs in two networks, with %s in this hour. A token is made for one session of one program, and one of the networks is new to the key.", turns)
		f.Features = []schemas.Feature{evidence.Feature("turns", n, bound, "turns/h", 1, fmt.Sprintf("%s between two clients; fewer than %s are a login that was handed on.", turns, words.Number(bound)))}
		return f
	}
	ids := words.Count(n, "request id")
	f.Title = fmt.Sprintf("Replayed requests: %s seen again from a new network", ids)
	f.Summary = fmt.Sprintf("In this hour %s of one principal came a second time, from networks that are new to the key. Clients that try again do so from where they are; fewer than %s are chance.", ids, words.Number(bound))
	f.Features = []schemas.Feature{evidence.Feature("repeats", n, bound, "requests/h", 1, fmt.Sprintf("%s came again from elsewhere.", ids))}
	return f
}

// networksFinding words a key that is used from many networks.
func (d *watch) networksFinding(s *State, w *hour, j *sharing) *schemas.Finding {
	n, kind := float64(j.networks), "autonomous systems"
	if !w.numbered {
		kind = "/16 networks"
	}
	f := &schemas.Finding{
		Detector: "keyabuse.networks", Severity: schemas.SeverityMedium, Confidence: min(0.5+0.1*n/j.networkBound, 0.9), Events: int64(w.calls), Techniques: reselling,
		Title: fmt.Sprintf("Shared key: used from about %s in an hour", words.Count(n, "network")),
		Summary: fmt.Sprintf("One principal called from about %s in this hour, counted as %s. In %s it used up to %s in an hour, and %s would be no surprise.",
			words.Count(n, "different network"), kind, d.past(s), words.Number(max(float64(s.most.networks), 1)), words.Number(j.networkBound)),
	}
	features := []schemas.Feature{evidence.Feature("networks", n, j.networkBound, "networks/h", 0.8,
		fmt.Sprintf("About %s in this hour; up to %s are expected.", words.Count(n, "network"), words.Number(j.networkBound)))}
	if countries := w.countryCount(); countries >= 4 {
		f.Severity = schemas.SeverityHigh
		features = append(features, evidence.Feature("countries", countries, 3, "countries/h", 0.2, fmt.Sprintf("They are in %s.", words.Number(countries)+" countries or more")))
	}
	f.Features = evidence.Weigh(features...)
	return f
}

// fanoutFinding words a key behind which end users multiply.
func (d *watch) fanoutFinding(s *State, w *hour, j *sharing) *schemas.Finding {
	n := float64(j.users)
	users := words.Count(n, "end user")
	f := &schemas.Finding{
		Detector: "keyabuse.fanout", Severity: schemas.SeverityLow, Confidence: 0.5, Events: int64(w.calls), Techniques: reselling,
		Title: fmt.Sprintf("Resold key: about %s behind one key in an hour", users),
		Summary: fmt.Sprintf("About %s were behind one principal in this hour. In %s there were up to %s in an hour, and %s would be no surprise; a launch looks the same.",
			users, d.past(s), words.Number(float64(s.most.users)), words.Number(j.userBound)),
	}
	features := []schemas.Feature{evidence.Feature("end_users", n, j.userBound, "users/h", 0.7,
		fmt.Sprintf("About %s in this hour; up to %s are expected.", users, words.Number(j.userBound)))}
	if j.foreign {
		f.Severity, f.Confidence = schemas.SeverityMedium, 0.65
		features = append(features, evidence.Feature("new_network", float64(w.strange), 0, "calls/h", 0.3,
			words.Count(float64(w.strange), "call")+" came from networks that are new to the key."))
	}
	f.Features = evidence.Weigh(features...)
	return f
}
