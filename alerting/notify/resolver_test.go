package notify_test

import (
	"context"
	"net"
	"strings"
)

// rebound is a name whose owner lets it point to this machine.
const rebound = "rebound.example"

// resolve makes this process ask a name server that knows rebound only, as
// 127.0.0.1.
func resolve() error {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer, ok := answerName(buf[:n]); ok {
				_, _ = server.WriteTo(answer, from)
			}
		}
	}()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	return nil
}

// answerName answers a question by RFC 1035: the name of a question is labels
// after their lengths up to an empty one, then come type and class.
func answerName(ask []byte) ([]byte, bool) {
	var name strings.Builder
	at := 12 // the header
	for at < len(ask) && ask[at] != 0 {
		end := at + 1 + int(ask[at])
		if end > len(ask) {
			return nil, false
		}
		name.Write(ask[at+1 : end])
		name.WriteByte('.')
		at = end
	}
	if at+5 > len(ask) {
		return nil, false
	}
	question := ask[12 : at+5]
	header := []byte{ask[0], ask[1], 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0} // no such name
	if !strings.EqualFold(name.String(), rebound+".") {
		return append(header, question...), true
	}
	header[3] = 0x80 // no error
	if ask[at+2] != 1 {
		return append(header, question...), true // nothing of this type
	}
	header[7] = 1 // one answer: the same name, an address, class internet, for a second, four bytes
	answer := []byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1}
	return append(append(header, question...), answer...), true
}
