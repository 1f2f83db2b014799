package schemas

import "testing"

func TestTechniqueURL(t *testing.T) {
	for _, c := range []struct{ framework, id, want string }{
		{"MITRE ATLAS", "AML.T0024", "https://atlas.mitre.org/techniques/AML.T0024"},
		{"MITRE ATLAS", "AML.T0024.002", "https://atlas.mitre.org/techniques/AML.T0024.002"},
		{"MITRE ATT&CK", "T1110", "https://attack.mitre.org/techniques/T1110/"},
		{"MITRE ATT&CK", "T1110.003", "https://attack.mitre.org/techniques/T1110/003/"},
		{"OWASP LLM 2025", "LLM10:2025", "https://genai.owasp.org/llm-top-10/"},
		{"OWASP API 2023", "API2", "https://owasp.org/API-Security/editions/2023/en/0x11-t10/"},
		// An id that is not of the framework's form may come from a user's rule.
		{"MITRE ATLAS", "AML.T0024.002/../../evil", ""},
		{"MITRE ATLAS", "T1110", ""},
		{"MITRE ATT&CK", "T1110|x>", ""},
		{"MITRE ATT&CK", "../x", ""},
		{"MITRE ATT&CK", "AML.T0024", ""},
		{"own", "x", ""},
		{"", "T1110", ""},
	} {
		if got := (Technique{Framework: c.framework, ID: c.id}).URL(); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.framework, c.id, got, c.want)
		}
	}
}

func TestTechniqueParent(t *testing.T) {
	for id, want := range map[string]string{"T1110.003": "T1110", "AML.T0024.002": "AML.T0024", "T1110": "", "AML.T0024": "", ".003": "", "": ""} {
		if got := (Technique{ID: id}).Parent(); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}
