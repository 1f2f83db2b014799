// Package tags reads what a rule says of itself: level, status and techniques.
package tags

import (
	"regexp"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// Severity maps Sigma's levels; a rule without one is of medium level.
func Severity(level string) schemas.Severity {
	switch level {
	case "informational":
		return schemas.SeverityInfo
	case "low":
		return schemas.SeverityLow
	case "high":
		return schemas.SeverityHigh
	case "critical":
		return schemas.SeverityCritical
	default:
		return schemas.SeverityMedium
	}
}

// Confidence maps Sigma's status: how well a rule was tried is how sure it is.
func Confidence(status string) float64 {
	switch status {
	case "stable":
		return 0.9
	case "test":
		return 0.7
	case "experimental":
		return 0.5
	default:
		return 0.6
	}
}

// The forms of tags that name techniques.
var (
	attackTag = regexp.MustCompile(`^attack\.(t\d{4}(?:\.\d{3})?)$`)
	atlasTag  = regexp.MustCompile(`^(?:atlas|mitre_atlas)\.(?:aml[._])?(t\d{4}(?:\.\d{3})?)$`)
	owaspTag  = regexp.MustCompile(`^owasp\.(llm|api)[._-]?(\d{1,2})(?:[._:-](\d{4}))?$`)
)

// names are the techniques that AI gateways meet; others go by their ids.
var names = map[string]string{
	"T1036": "Masquerading", "T1059": "Command and Scripting Interpreter", "T1071.001": "Web Protocols", "T1078": "Valid Accounts",
	"T1087": "Account Discovery", "T1090": "Proxy", "T1110": "Brute Force", "T1110.001": "Brute Force: Password Guessing",
	"T1110.003": "Brute Force: Password Spraying", "T1110.004": "Brute Force: Credential Stuffing", "T1190": "Exploit Public-Facing Application",
	"T1213": "Data from Information Repositories", "T1499": "Endpoint Denial of Service", "T1505.003": "Server Software Component: Web Shell",
	"T1552": "Unsecured Credentials", "T1552.001": "Unsecured Credentials: Credentials In Files", "T1562": "Impair Defenses",
	"T1567": "Exfiltration Over Web Service", "T1595": "Active Scanning",
	"T1595.002": "Active Scanning: Vulnerability Scanning", "T1595.003": "Active Scanning: Wordlist Scanning",
	"AML.T0006": "Active Scanning", "AML.T0020": "Poison Training Data", "AML.T0024": "Exfiltration via AI Inference API",
	"AML.T0024.002": "Extract AI Model", "AML.T0029": "Denial of AI Service", "AML.T0034": "Cost Harvesting",
	"AML.T0040": "AI Model Inference API Access", "AML.T0051": "LLM Prompt Injection", "AML.T0054": "LLM Jailbreak", "AML.T0057": "LLM Data Leakage",
	"LLM01:2025": "Prompt Injection", "LLM02:2025": "Sensitive Information Disclosure", "LLM04:2025": "Data and Model Poisoning",
	"LLM06:2025": "Excessive Agency", "LLM07:2025": "System Prompt Leakage", "LLM10:2025": "Unbounded Consumption",
	"API1:2023": "Broken Object Level Authorization", "API2:2023": "Broken Authentication", "API4:2023": "Unrestricted Resource Consumption",
	"API5:2023": "Broken Function Level Authorization", "API6:2023": "Unrestricted Access to Sensitive Business Flows",
	"API8:2023": "Security Misconfiguration", "API9:2023": "Improper Inventory Management",
}

// Techniques reads the tags that name techniques; others are passed over.
func Techniques(tags []string) []schemas.Technique {
	var out []schemas.Technique
	for _, tag := range tags {
		tag = strings.ToLower(tag)
		t := schemas.Technique{}
		if m := attackTag.FindStringSubmatch(tag); m != nil {
			t.Framework, t.ID = "MITRE ATT&CK", strings.ToUpper(m[1])
		} else if m := atlasTag.FindStringSubmatch(tag); m != nil {
			t.Framework, t.ID = "MITRE ATLAS", "AML."+strings.ToUpper(m[1])
		} else if m := owaspTag.FindStringSubmatch(tag); m != nil && m[1] == "llm" {
			t.Framework, t.ID = "OWASP LLM 2025", owaspID("LLM", m[2], "2025")
		} else if m != nil {
			t.Framework, t.ID = "OWASP API 2023", owaspID("API", strings.TrimLeft(m[2], "0"), "2023")
		} else {
			continue
		}
		if t.Name = names[t.ID]; t.Name == "" {
			t.Name = t.ID
		}
		out = append(out, t)
	}
	return out
}

func owaspID(list, number, year string) string {
	if list == "LLM" && len(number) == 1 {
		number = "0" + number
	}
	return list + number + ":" + year
}
