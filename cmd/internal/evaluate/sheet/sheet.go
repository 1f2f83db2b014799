// Package sheet has what the reports of all evaluations are written with: targets,
// lists, JSON, and the rows of CSV.
package sheet

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Target is what was asked for before anything was tuned.
type Target struct {
	Name string  `json:"name"`
	Want string  `json:"want"`
	Got  float64 `json:"got"`
	Unit string  `json:"unit"`
	Met  bool    `json:"met"`
}

// Met reports whether every target was met.
func Met(targets []Target) bool {
	return !slices.ContainsFunc(targets, func(t Target) bool { return !t.Met })
}

// Targets writes the targets as a table whose cells tabs divide.
func Targets(w io.Writer, targets []Target) {
	fmt.Fprintf(w, "\nTARGET\tWANTED\tREACHED\t\n")
	for _, t := range targets {
		met := "met"
		if !t.Met {
			met = "missed"
		}
		fmt.Fprintf(w, "%s\t%s\t%.2f\t%s\n", t.Name, strings.TrimSpace(t.Want+" "+t.Unit), t.Got, met)
	}
}

// Lines writes a list under its title, nothing if it is empty.
func Lines(w io.Writer, title string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, line := range list {
		fmt.Fprintln(w, line)
	}
}

// JSON writes a whole report.
func JSON(out io.Writer, report any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if err := e.Encode(report); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// CSV writes a row for each figure that figures gives: its table, name, figure and
// value.
func CSV(out io.Writer, figures func(row func(table, name, figure string, value float64))) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"table", "name", "figure", "value"}) // Error tells
	figures(func(table, name, figure string, value float64) {
		_ = w.Write([]string{table, name, figure, strconv.FormatFloat(value, 'g', -1, 64)})
	})
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
