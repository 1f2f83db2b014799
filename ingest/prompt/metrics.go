package prompt

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	phrases        prometheus.Gauge
	loaded, failed prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	reloads := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gatehound_ingest_prompt_signature_reloads_total",
		Help: "Times that the changed file of signatures was read again, by result.",
	}, []string{"result"})
	m := &metrics{
		phrases: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gatehound_ingest_prompt_signatures", Help: "Signatures of attacks that prompts are searched for.",
		}),
		loaded: reloads.WithLabelValues("ok"), failed: reloads.WithLabelValues("error"),
	}
	if reg != nil {
		reg.MustRegister(reloads, m.phrases)
	}
	return m
}
