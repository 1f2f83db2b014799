package explain

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Write writes an explanation for people to read.
func (x *Explanation) Write(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for i := range x.Records {
		r := &x.Records[i]
		title := "format: " + r.Format
		if r.Reason != "" {
			title = strings.TrimSuffix("rejected: "+r.Stage+" "+r.Reason+", format "+r.Format, ", format ")
		}
		if len(x.Records) > 1 {
			title = fmt.Sprintf("record %d, %s", i+1, title)
		}
		fmt.Fprintln(tw, "  "+title)
		for _, f := range r.Fields {
			fmt.Fprintf(tw, "    %s\t%s\t%s\n", f.Name, f.Value, f.origin())
		}
	}
	if x.Skipped {
		fmt.Fprintln(tw, "  skipped: no request")
	}
	for _, l := range []struct {
		title  string
		values []Value
	}{{"tells the format", x.Tells}, {"stands in for what is missing", x.Shadowed}, {"not used", x.Unused}} {
		if len(l.values) > 0 {
			fmt.Fprintln(tw, "  "+l.title)
		}
		for _, v := range l.values {
			fmt.Fprintf(tw, "    %s\t%s\t%s\n", v.Path, v.measure(), v.Note)
		}
	}
	if x.Limited {
		fmt.Fprintf(tw, "  only the first %d values were tried\n", x.Tried)
	}
	return tw.Flush()
}

// origin says where a field came from.
func (f *Field) origin() string {
	from := strings.Join(f.From, ", ")
	switch f.How {
	case Fixed:
		return "by the format, or by several values alike"
	case WorkedOut:
		return "worked out from " + from
	}
	return "from " + from
}

// measure says of what kind and how large a value is.
func (v *Value) measure() string {
	switch {
	case v.Kind == "null", v.Kind == "truth":
		return v.Kind
	case v.Kind == "object", v.Kind == "array":
		return fmt.Sprintf("%s of %d", v.Kind, v.Size)
	case v.Size == 1:
		return v.Kind + ", 1 byte"
	}
	return fmt.Sprintf("%s, %d bytes", v.Kind, v.Size)
}
