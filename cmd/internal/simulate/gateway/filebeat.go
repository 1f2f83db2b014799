package gateway

import "time"

// The parts of an envelope of Filebeat 7.17 that say where it ran. The order
// of the parts varies from message to message, as a Go map's does.
const (
	beatMeta  = `"@metadata":{"beat":"filebeat","type":"_doc","version":"7.17.29"}`
	beatAgent = `"agent":{"version":"7.17.29","hostname":"gw-1","ephemeral_id":"cb77096d-97c0-46bf-8fb4-28e31f61fc23","id":"ee9811b3-1c75-4842-adfe-a286c6dbdedc","name":"gw-1","type":"filebeat"}`
	beatECS   = `"ecs":{"version":"1.12.0"}`
	beatInput = `"input":{"type":"filestream"}`
	beatHost  = `"host":{"name":"gw-1"}`
	// beatFull is the host with the processor add_host_metadata.
	beatFull = `"host":{"id":"3d1219c7c4c5404aaa1f6d2a48adfda4","containerized":false,"ip":["192.0.2.2","fd00::2","fe80::fc:ff:fe00:1"],` +
		`"mac":["56:38:7e:4a:5d:e5"],"hostname":"gw-1","architecture":"x86_64","name":"gw-1","os":{"codename":"bookworm","type":"linux",` +
		`"platform":"debian","version":"12 (bookworm)","family":"debian","name":"Debian GNU/Linux","kernel":"6.1.0-38-amd64"}}`
)

// appendEnvelope appends the message that Filebeat would have made of a line.
func (r *Record) appendEnvelope(b, line []byte) []byte {
	// Filebeat stamps the time at which it read the line.
	read := time.Unix(0, r.Time).UTC().Add(r.Latency + 800*time.Millisecond)
	b = read.AppendFormat(append(b, `{"@timestamp":"`...), "2006-01-02T15:04:05.000Z07:00")
	b = append(append(b, `",`...), beatMeta...)
	host := beatHost
	if r.ID[0]%2 == 0 {
		host = beatFull
	}
	parts := [4]string{host, beatAgent, beatECS, beatInput}
	turn := int(r.ID[0] >> 8 % 4)
	for i := range parts {
		if i == 2 {
			b = appendInt(b, `,"log":{"offset":`, r.Time%1e15) // no two lines of a file have one
			b = append(append(b, `,"file":{"path":"/var/log/gateway/`...), r.Format...)
			b = append(b, `.log"}},"message":`...)
			b = appendString(b, line)
		}
		b = append(append(b, ','), parts[(i+turn)%4]...)
	}
	return append(b, '}')
}
