package deploy

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEnvoyFields writes a record with the fields of the snippet, as Envoy would,
// and lets the program read it: what it does not know by these names is missing.
func TestEnvoyFields(t *testing.T) {
	var conf struct {
		AccessLog []struct {
			TypedConfig struct {
				Path      string
				LogFormat struct {
					JSON map[string]string `yaml:"json_format"`
				} `yaml:"log_format"`
			} `yaml:"typed_config"`
		} `yaml:"access_log"`
	}
	readYAML(t, "envoy/access_log.yaml", &conf)
	fields := conf.AccessLog[0].TypedConfig.LogFormat.JSON
	// What Envoy's command operators become, for a request that it refused. A
	// number stays one; the operators are those of Envoy's documentation.
	values := map[string]any{
		"%START_TIME%": "2026-11-20T10:11:12.345Z", "%REQ(:METHOD)%": "POST",
		"%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%": "/v1/chat/completions?x=1", "%REQ(:AUTHORITY)%": "ai.example.com",
		"%RESPONSE_CODE%": 401, "%RESPONSE_CODE_DETAILS%": "jwt_authn_access_denied{Jwt_is_expired}",
		"%RESPONSE_FLAGS%": "UAEX", "%ROUTE_NAME%": "chat", "%UPSTREAM_HOST%": nil, "%DURATION%": 12,
		"%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%": "11", "%BYTES_RECEIVED%": 345, "%BYTES_SENT%": 678,
		"%DOWNSTREAM_REMOTE_ADDRESS%": "203.0.113.9:51234", "%REQ(X-FORWARDED-FOR)%": "198.51.100.7",
		"%REQ(USER-AGENT)%": "openai-python/1.2", "%REQ(X-REQUEST-ID)%": "0b9b3f8e-1f0a-4a8e-9d3c-3a2b1c0d9e8f",
		"%REQ(X-USER-ID)%": "alice",
		"%DYNAMIC_METADATA(io.envoy.ai_gateway:model_name_override)%": "gpt-4o",
		"%DYNAMIC_METADATA(io.envoy.ai_gateway:llm_input_token)%":     71,
		"%DYNAMIC_METADATA(io.envoy.ai_gateway:llm_output_token)%":    25,
	}
	record := map[string]any{}
	for name, operator := range fields {
		require.Contains(t, values, operator, "an operator that the test does not know")
		record[name] = values[operator]
	}
	require.Len(t, record, len(values))
	line, err := json.Marshal(record)
	require.NoError(t, err)
	out, text := decode(t, append(line, '\n'))
	require.Len(t, out, 1)
	require.NotNil(t, out[0].Event, text)
	var e struct{ Event map[string]any }
	require.NoError(t, json.Unmarshal([]byte(text), &e))
	for key, want := range map[string]any{
		"format": "envoy", "method": "POST", "path": "/v1/chat/completions", "host": "ai.example.com", "status": 401.0,
		"responder": "gateway", "auth": "failure", "auth_reason": "expired", "model": "gpt-4o",
		"input_tokens": 71.0, "output_tokens": 25.0, "response_bytes": 678.0, "user_agent": "openai-python/1.2",
	} {
		require.Equal(t, want, e.Event[key], key)
	}
	for _, key := range []string{"time", "request_id", "principal", "client", "route"} {
		require.NotEmpty(t, e.Event[key], key)
	}
	require.NotContains(t, strings.ToLower(read(t, "envoy/access_log.yaml")), "req(authorization)", "credentials are not logged")
}

type kongPlugin struct {
	Name   string
	Config map[string]any
}

func TestKongConfiguration(t *testing.T) {
	var conf struct {
		Version  string `yaml:"_format_version"`
		Services []struct {
			Name, URL string
			Routes    []struct {
				Name    string
				Paths   []string
				Plugins []kongPlugin
			}
		}
		Plugins   []kongPlugin
		Consumers []struct {
			Username string
			Keys     []any `yaml:"keyauth_credentials"`
		}
	}
	readYAML(t, "kong/kong.yaml", &conf)
	require.Equal(t, "3.0", conf.Version)
	require.Len(t, conf.Services, 1)
	require.Equal(t, "https://api.openai.com", conf.Services[0].URL)
	global := map[string]kongPlugin{}
	for _, p := range conf.Plugins {
		global[p.Name] = p
	}
	require.Contains(t, global, "key-auth")
	require.Equal(t, true, global["key-auth"].Config["hide_credentials"])
	fileLog := global["file-log"].Config
	require.Equal(t, "/var/log/gateway/kong.log", fileLog["path"], "Filebeat reads it there")
	for field, lua := range fileLog["custom_fields_by_lua"].(map[string]any) {
		require.Regexp(t, `^(request|response)\.headers\.(cookie|set-cookie)$`, field)
		require.Equal(t, "return nil", lua)
	}
	routes := 0
	for _, r := range conf.Services[0].Routes {
		for _, p := range r.Plugins {
			if p.Name != "ai-proxy" {
				continue
			}
			routes++
			logging := p.Config["logging"].(map[string]any)
			require.Equal(t, true, logging["log_statistics"], "tokens, which detectors use")
			require.Equal(t, false, logging["log_payloads"], "prompts stay out of files unless somebody decides so")
			auth := p.Config["auth"].(map[string]any)
			require.Regexp(t, `^\{vault://[^}]+\}$`, auth["header_value"], "the provider's key is a reference")
		}
	}
	require.Equal(t, 1, routes)
	for _, c := range conf.Consumers {
		require.Empty(t, c.Keys, "%s: keys are secrets", c.Username)
	}
}

func TestFilebeatConfiguration(t *testing.T) {
	var conf struct {
		Inputs []struct {
			Type, ID string
			Paths    []string
			Parsers  []any
			MaxBytes int `yaml:"message_max_bytes"`
		} `yaml:"filebeat.inputs"`
		Kafka struct {
			Hosts     []string
			Topic     string
			Version   string
			Acks      int            `yaml:"required_acks"`
			MaxBytes  int            `yaml:"max_message_bytes"`
			Partition map[string]any `yaml:"partition.round_robin"`
			Key       string
			Codec     any
		} `yaml:"output.kafka"`
	}
	readYAML(t, "filebeat/filebeat.yml", &conf)
	require.Len(t, conf.Inputs, 1)
	in := conf.Inputs[0]
	require.Equal(t, "filestream", in.Type)
	require.NotEmpty(t, in.ID, "Filebeat keeps a file's position by it")
	require.Equal(t, []string{"${GATEWAY_LOGS:/var/log/gateway/*.log}"}, in.Paths)
	require.Empty(t, in.Parsers, "lines stay as they are")

	var sample struct {
		Decode struct {
			MaxBytes int `yaml:"max_bytes"`
		}
		Kafka struct {
			MaxMessageBytes int `yaml:"max_message_bytes"`
		}
	}
	readYAMLText(t, run(t, nil, gatehound, "config"), &sample)
	require.Equal(t, sample.Decode.MaxBytes, in.MaxBytes, "longer lines would be rejected")
	require.Greater(t, conf.Kafka.MaxBytes, 2*in.MaxBytes, "escapes make a line longer")
	require.Less(t, conf.Kafka.MaxBytes, 4194304, "the topic's max.message.bytes, see compose/topics.sh")
	require.Less(t, conf.Kafka.MaxBytes, sample.Kafka.MaxMessageBytes)

	require.Equal(t, -1, conf.Kafka.Acks, "all replicas have a line before it is forgotten here")
	require.Equal(t, "2.6.0", conf.Kafka.Version, "Kafka 4 refuses older protocols")
	require.Equal(t, map[string]any{"reachable_only": false}, conf.Kafka.Partition)
	require.Nil(t, conf.Kafka.Codec)
	require.Equal(t, "${KAFKA_TOPIC:gateway-logs}", conf.Kafka.Topic)
	require.Equal(t, "gateway-logs", topicsMade(t)[0])
}

// TestLogsMeet holds the places together where gateways write and Filebeat reads.
func TestLogsMeet(t *testing.T) {
	for _, path := range []string{"kong/kong.yaml", "nginx/log_format.conf", "envoy/access_log.yaml"} {
		require.Regexp(t, `/var/log/gateway/[a-z]+\.log`, read(t, path), path)
	}
	require.Contains(t, compose(t).Services["filebeat"].Volumes, "./logs:/var/log/gateway:ro")
}

// TestFilebeatEnvelope sends a line of each gateway through the envelope.
func TestFilebeatEnvelope(t *testing.T) {
	var log bytes.Buffer
	lines := envelopes(t)
	for _, l := range lines {
		log.WriteString(l + "\n")
	}
	out, text := decode(t, log.Bytes())
	require.Len(t, out, len(lines))
	var formats []string
	for _, d := range out {
		require.NotNil(t, d.Event, text)
		formats = append(formats, d.Event.Format)
	}
	require.Equal(t, []string{"nginx", "kong", "nginx"}, formats)
}

// envelopes are lines as Filebeat sends them, of nginx in JSON, of Kong, and of
// nginx's combined format.
func envelopes(t *testing.T) (out []string) {
	t.Helper()
	for _, inner := range []string{
		`{"ts":"1795169472.345","id":"8f2b","ip":"203.0.113.9","peer":"203.0.113.9","xff":"","user":"","method":"POST","uri":"/v1/chat/completions","args":"","request_uri":"/v1/chat/completions","host":"ai.example.com","status":"401","rt":"0.001","urt":"","ust":"","in":"300","out":"120","ua":"curl/8","ct":"text/html","model":"","gateway":"gw-1"}`,
		`{"started_at":1795169472345,"latencies":{"request":12,"proxy":10,"kong":2},"request":{"method":"POST","uri":"/v1/chat/completions","headers":{"host":"ai.example.com","user-agent":"openai-python/1.2"},"size":300},"response":{"status":200,"headers":{},"size":900},"client_ip":"203.0.113.9","source":"upstream","consumer":{"username":"example-team"},"ai":{"proxy":{"meta":{"provider_name":"openai","request_model":"gpt-4o"},"usage":{"prompt_tokens":71,"completion_tokens":25}}}}`,
		`203.0.113.9 - - [20/Nov/2026:10:11:12 +0000] "GET /v1/models HTTP/1.1" 401 120 "-" "curl/8"`,
	} {
		b, err := json.Marshal(map[string]any{
			"@timestamp": "2026-11-20T10:11:13.000Z", "@metadata": map[string]any{"beat": "filebeat", "type": "_doc", "version": "9.5.4"},
			"message": inner, "agent": map[string]any{"type": "filebeat", "name": "gw-1"}, "host": map[string]any{"name": "gw-1"},
			"log": map[string]any{"offset": 0, "file": map[string]any{"path": "/var/log/gateway/a.log"}},
		})
		require.NoError(t, err)
		out = append(out, string(b))
	}
	return out
}
