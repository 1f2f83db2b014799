package spool

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	appended, refused, damaged prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, bytes, batches func() float64) *metrics {
	m := &metrics{
		appended: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gatehound_spool_batches_appended_total", Help: "Batches that were put into the spool.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gatehound_spool_batches_refused_total", Help: "Batches that the store would not take, put aside.",
		}),
		damaged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gatehound_spool_files_damaged_total", Help: "Files that did not match their checksum, put aside.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.appended, m.refused, m.damaged,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "gatehound_spool_size_bytes", Help: "Size of the batches that wait or were refused.",
			}, bytes),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "gatehound_spool_waiting_batches", Help: "Batches that wait for the store.",
			}, batches))
	}
	return m
}
