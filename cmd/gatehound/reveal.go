package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/privacy"
)

func newReveal() *cobra.Command {
	var path, prompt, output string
	var o privacy.RevealOptions
	c := &cobra.Command{
		Use:   "reveal [ADDRESS] --reason TEXT",
		Short: "show the true address behind a stored one, or a sealed prompt; audited",
		Long: `Show the true address of a client behind the one that the store, a finding or an
alert has, or the redacted text of a prompt that was sealed. Who asked, for what
and why is written to the audit table before the answer is shown; without a store
to a file of yours, and else nothing is shown.

  gatehound reveal 117.161.29.118 --reason 'INC-4711, block at the edge'
  gatehound reveal 117.161.29.118 --key k1 --reason INC-4711 --audit-file audit.ndjson
  gatehound reveal --prompt 5f2c1c7e-1d3f-4a36 --reason 'INC-4711'
  gatehound reveal --prompt gateway-logs/3/18007/0 --reason 'INC-4711'

The key is found by the events that have the address; --key names it. Who else
revealed what:
  gatehound query "SELECT * FROM audit ORDER BY time DESC"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if (len(args) == 1) == (prompt != "") {
				return usage(errors.New("name one of a stored address and --prompt"))
			}
			if output != "text" && output != "json" {
				return usage(errors.New("--output: unknown; allowed are text and json"))
			}
			if o.Reason == "" {
				return usage(errors.New("--reason: it is needed, for example the number of a ticket"))
			}
			enc := json.NewEncoder(c.OutOrStdout())
			if prompt != "" {
				found, err := privacy.RevealPrompt(c.Context(), cfg, prompt, o, log)
				if err != nil {
					return argument(away(err))
				}
				for _, p := range found {
					if output == "json" {
						err = enc.Encode(p)
					} else {
						_, err = fmt.Fprintf(c.OutOrStdout(), "%s  %s/%d/%d/%d  %s\n%s\n", p.Time.Format(time.RFC3339), p.Position.Topic,
							p.Position.Partition, p.Position.Offset, p.Position.Index, p.Principal, privacy.Printable(p.Text))
					}
					if err != nil {
						return err
					}
				}
				return nil
			}
			stored, err := netip.ParseAddr(args[0])
			if err != nil {
				return usage(errors.New("want the address of a client as the store has it, for example 117.161.29.118"))
			}
			found, err := privacy.RevealAddress(c.Context(), cfg, stored.Unmap().WithZone(""), o, log)
			if err != nil {
				return argument(away(err))
			}
			for _, a := range found {
				if output == "json" {
					err = enc.Encode(a)
				} else {
					_, err = fmt.Fprintf(c.OutOrStdout(), "%s\t(under %s)\n", a.Address, a.Key)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&o.Key, "key", "", "`id` of the key, if the store does not tell")
	c.Flags().StringVar(&o.Reason, "reason", "", "why, for the audit; needed")
	c.Flags().StringVar(&o.AuditFile, "audit-file", "", "write the audit to this `file` instead of the store")
	c.Flags().StringVar(&prompt, "prompt", "", "a request's `id` or position instead of an address")
	c.Flags().StringVarP(&output, "output", "o", "text", "`format`: text or json")
	return c
}
