package filebeat

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// origin collects where a line was read.
type origin struct {
	agent, beat       string // Filebeat's id, or its host before there were ids
	path, fingerprint string
	inode, device     string
	offset            string
}

// member takes the dotted names, and those of before Filebeat 7. It reports
// whether name is one of them.
func (g *origin) member(name string, v field.Value) bool {
	switch name {
	case "agent.id":
		g.agent = v.Text()
	case "log.offset":
		g.offset = v.Text()
	case "log.file.path":
		g.path = v.Text()
	case "log.file.fingerprint":
		g.fingerprint = v.Text()
	case "log.file.inode":
		g.inode = v.Text()
	case "log.file.device_id":
		g.device = v.Text()
	case "source": // an object in ECS
		if v.Kind() != field.String {
			return false
		}
		set(&g.path, v)
	case "offset":
		set(&g.offset, v)
	default:
		return false
	}
	return true
}

// place returns the origin, if the log says all of it. The file is what tells
// it best from others that had its name before: the fingerprint of its first
// bytes, else its inode and device, else its path. o lends the memory.
func (g *origin) place(o field.Value) decode.Origin {
	offset, ok := field.Int(g.offset, field.MaxCount)
	if !ok {
		return decode.Origin{}
	}
	at := decode.Origin{Agent: g.agent, File: g.fingerprint, Offset: offset, Single: true}
	if at.Agent == "" {
		at.Agent = g.beat
	}
	if at.File == "" && g.inode != "" {
		at.File = o.Concat(g.device, ":", g.inode)
	}
	if at.File == "" {
		at.File = g.path
	}
	if at.Agent == "" || at.File == "" {
		return decode.Origin{}
	}
	return at
}

// readLog reads where the line was read, or the line itself, which Docker and
// Fluent Bit call "log".
func (p *parts) readLog(v field.Value) {
	if v.Kind() == field.String {
		p.log = v
		return
	}
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "offset":
			p.origin.offset = m.Text()
		case "original":
			p.logOriginal = m
		case "file.path":
			p.origin.path = m.Text()
		case "file":
			for it := m.Members(); it.Next(); {
				f := it.Value()
				switch it.Key() {
				case "path":
					p.origin.path = f.Text()
				case "fingerprint":
					p.origin.fingerprint = f.Text()
				case "inode":
					p.origin.inode = f.Text()
				case "device_id":
					p.origin.device = f.Text()
				}
			}
		}
	}
}

func (p *parts) readAgent(v field.Value) {
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "id":
			p.origin.agent = m.Text()
		case "name":
			if s := m.Text(); s != "" {
				p.agent = s
			}
		case "hostname":
			set(&p.agent, m)
		}
	}
}

// readKubernetes reads the node: as Filebeat, Fluent Bit and Vector call it.
func (p *parts) readKubernetes(v field.Value) {
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "node":
			set(&p.node, m.Get("name"))
		case "host", "pod_node_name":
			set(&p.node, m)
		}
	}
}
