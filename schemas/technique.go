package schemas

import (
	"regexp"
	"strings"
)

var (
	atlasID  = regexp.MustCompile(`^AML\.T\d{4}(\.\d{3})?$`)
	attackID = regexp.MustCompile(`^T(\d{4})(?:\.(\d{3}))?$`)
)

// URL returns the address of the technique's page in its catalogue, or of the
// catalogue where entries have no page that their id tells; "" if the framework
// is unknown or the id is none of it.
func (t Technique) URL() string {
	switch t.Framework {
	case "MITRE ATLAS":
		if atlasID.MatchString(t.ID) {
			return "https://atlas.mitre.org/techniques/" + t.ID
		}
	case "MITRE ATT&CK":
		if m := attackID.FindStringSubmatch(t.ID); m != nil {
			return strings.TrimRight("https://attack.mitre.org/techniques/T"+m[1]+"/"+m[2], "/") + "/"
		}
	case "OWASP LLM 2025":
		return "https://genai.owasp.org/llm-top-10/"
	case "OWASP API 2023":
		return "https://owasp.org/API-Security/editions/2023/en/0x11-t10/"
	}
	return ""
}

// Parent returns the id of the technique that t is a sub-technique of
// ("T1110.003", "AML.T0024.002"); "" if it is none.
func (t Technique) Parent() string {
	if i := strings.LastIndexByte(t.ID, '.'); i > 0 && len(t.ID)-i == 4 {
		return t.ID[:i]
	}
	return ""
}
