package gateway

// Format is a log format.
type Format string

// The formats that the fleet's gateways write.
const (
	Kong          Format = "kong"
	NginxCombined Format = "nginx"
	NginxJSON     Format = "nginx_json"
	Envoy         Format = "envoy"
	LiteLLM       Format = "litellm"
	App           Format = "appjson"
)

// Formats are all formats.
var Formats = []Format{Kong, NginxCombined, NginxJSON, Envoy, LiteLLM, App}

// Decoder returns the name of the decoder of the format.
func (f Format) Decoder() string {
	if f == NginxJSON {
		return string(NginxCombined)
	}
	return string(f)
}

// Service is one API behind one gateway.
type Service struct {
	// Name is the gateway's name of the route, Template the path's template,
	// Path what is sent before any id.
	Name, Method, Host, Path, Template string
	Format                             Format
	Provider, Model                    string
	// Weight is the service's share of the sessions; Machine tells that
	// programs call it round the clock, not people in office hours.
	Weight  float64
	Machine bool
	Load    Workload
	// Payload tells that Kong logs the request's body, Clear that it logs the
	// key in clear (a key in a header other than Authorization).
	Payload, Clear bool
	// Guarded tells that a guardrail looks at every prompt, Routed that LiteLLM
	// logs the path.
	Guarded, Routed bool
	// Tenant is the workspace or team.
	Tenant string
	// ID makes the ids that the gateway gave it.
	ID uint64
	// static is what never changes of the rendered record.
	static string
}

// Workload is what the requests of an application look like. Tokens are
// lognormal, as published traces of model serving show (BurstGPT, "A Real-world
// Workload Dataset to Optimize LLM Serving Systems", 2024).
type Workload struct {
	InMedian, InSigma   float64
	OutMedian, OutSigma float64
	// Turns is the mean number of requests of a session, Gap the median time
	// between them in seconds.
	Turns, Gap float64
	Tools      int
	Prompt     PromptKind
	// IDs is the number of distinct objects under the path; 0 for none.
	IDs int
}
