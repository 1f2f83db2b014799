package files

import "github.com/prometheus/client_golang/prometheus"

type metrics struct{ files, lines, bytes, cut, errors prometheus.Counter }

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_files_" + name, Help: help})
	}
	m := &metrics{
		files:  counter("read_total", "Files read to their end or to an error."),
		lines:  counter("lines_total", "Lines handed on."),
		bytes:  counter("bytes_total", "Bytes of lines handed on."),
		cut:    counter("cut_lines_total", "Lines handed on without their whole content, as they are too long."),
		errors: counter("errors_total", "Files that could not be read to their end."),
	}
	reg.MustRegister(m.files, m.lines, m.bytes, m.cut, m.errors)
	return m
}
