package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/investigate"
	"github.com/gatehound/gatehound/cmd/internal/privacy"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// investigation is what the flags of `gatehound investigate` say.
type investigation struct {
	config, store, output, keys, names string
	all, dry, known                    bool
	limit                              int
	likeness                           float64
	expires, window                    time.Duration
}

func newInvestigate() *cobra.Command {
	var o investigation
	c := &cobra.Command{
		Use:   "investigate [CAMPAIGN]",
		Short: "see a campaign of many keys, and get the list of keys to act on",
		Long: `Without an argument list the campaigns: keys that act as one hand, each of them too
quiet to be told of alone. With the id of one, or four and more digits of its
beginning, show why it is taken for one, who belongs to it, what it did over time,
what holds it together and how rare that is, what its keys have in common, what they
took, and what else was found about them.

  gatehound investigate
  gatehound investigate c-3f9a
  gatehound investigate --store ./evidence --all c-3f9a0c11d2e4

The list of keys for a gateway's blocklist, as CSV or JSON. The names are those of
the store, which are pseudonyms unless policy keeps names: with --names FILE, one
key of the gateway's a line, the list has the gateway's own names too; that keys
were named is written to the audit. Each key has a date at which blocking it is to
end. Gatehound itself blocks nobody: look at what it would do before.

  gatehound investigate c-3f9a --dry-run
  gatehound investigate c-3f9a --keys csv --min-likeness 0.6 >blocklist.csv
  gatehound investigate c-3f9a --keys json --names keys.txt --expires 72h | jq -r '.[].key'

Keys that an exception of engine.allow covers, by principal or tenant, are left
out, and so are members that were in use long before the campaign's keys came:
attackers can imitate a customer, or steal his key. Ask him, or take them too with
--known. In CSV a value that a spreadsheet would run as a formula gets an apostrophe in
front; JSON has every value as it is.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usage(err)
			}
			cfg, log, err := loadQuiet(o.config)
			if err != nil {
				return err
			}
			if err := atStore(cfg, o.store); err != nil {
				return err
			}
			return o.explain(app.WithStore(cfg, log, func(st *clickhouse.Store) error {
				switch {
				case len(args) == 0:
					return o.list(c, st)
				case o.dry || o.keys != "":
					return o.act(c, cfg, st, args[0], log)
				}
				r, err := investigate.Look(c.Context(), st, args[0], o.window, time.Now())
				switch {
				case err != nil:
					return err
				case o.output == "json":
					return investigate.WriteJSON(c.OutOrStdout(), r)
				case o.all:
					return r.Print(c.OutOrStdout(), len(r.Members))
				}
				return r.Print(c.OutOrStdout(), o.limit)
			}))
		},
	}
	configFlag(c, &o.config)
	storeFlag(c, &o.store)
	f := c.Flags()
	f.BoolVar(&o.all, "all", false, "show all members")
	f.IntVar(&o.limit, "limit", 20, "at most so many campaigns, or members (1 to 100000)")
	f.DurationVar(&o.window, "window", 7*24*time.Hour, "what keys have in common rests on the last so long of the campaign")
	f.StringVar(&o.keys, "keys", "", "print the list of keys to act on as this `format`: csv or json")
	f.DurationVar(&o.expires, "expires", 7*24*time.Hour, "--keys: acting on a key ends after so long")
	f.Float64Var(&o.likeness, "min-likeness", 0, "--keys, --dry-run: only members that are at least so alike (0 to 1)")
	f.BoolVar(&o.known, "known", false, "--keys, --dry-run: also members that called before the campaign began: customers who are imitated, or whose keys were stolen")
	f.StringVar(&o.names, "names", "", "--keys, --dry-run: a `file` with the gateway's own names of keys, one a line")
	f.BoolVar(&o.dry, "dry-run", false, "say what blocking the keys would do, and print no list")
	f.StringVarP(&o.output, "output", "o", "human", "`format`: human or json")
	return c
}

// campaignID is the id of a campaign, or its beginning.
var campaignID = regexp.MustCompile(`^(?:[cC]-)?[0-9a-fA-F]{4,12}$`)

func (o *investigation) validate(args []string) error {
	switch {
	case o.output != "human" && o.output != "json":
		return errors.New("--output: unknown; allowed are human and json")
	case o.keys != "" && o.keys != "csv" && o.keys != "json":
		return errors.New("--keys: unknown; allowed are csv and json")
	case len(args) == 0 && (o.keys != "" || o.dry || o.names != "" || o.all):
		return errors.New("CAMPAIGN: name one; gatehound investigate lists them")
	case len(args) == 1 && !campaignID.MatchString(args[0]):
		return errors.New("CAMPAIGN: want its id, c- and 12 hexadecimal digits, or 4 and more of them; gatehound investigate lists them")
	case o.names != "" && o.keys == "" && !o.dry:
		return errors.New("--names: it is for --keys and --dry-run")
	case o.limit < 1 || o.limit > 100_000:
		return errors.New("--limit: allowed is 1 to 100000")
	case !(o.likeness >= 0 && o.likeness <= 1):
		return errors.New("--min-likeness: allowed is 0 to 1")
	case o.expires < time.Minute || o.expires > 10*365*24*time.Hour:
		return errors.New("--expires: allowed is 1m to 87600h, for example 72h")
	case o.window < time.Hour || o.window > 400*24*time.Hour:
		return errors.New("--window: allowed is 1h to 9600h, for example 168h")
	}
	return nil
}

// explain says what to do about an error of the store.
func (o *investigation) explain(err error) error {
	switch {
	case errors.Is(err, clickhouse.ErrNoCampaign):
		return fmt.Errorf("%w: gatehound investigate lists them", err)
	case clickhouse.IsNoTable(err):
		return fmt.Errorf("%w\nThe store was made by an older version: gatehound migrate brings its schema up to date.", err)
	}
	return awayFolder(err)
}

func (o *investigation) list(c *cobra.Command, st *clickhouse.Store) error {
	found, err := st.Campaigns(c.Context(), o.limit)
	if err != nil {
		return err
	}
	if o.output == "json" {
		return investigate.WriteJSON(c.OutOrStdout(), append([]schemas.Finding{}, found...)) // never null
	}
	if len(found) == 0 {
		fmt.Fprintln(c.ErrOrStderr(), "no campaigns are stored")
		return nil
	}
	return investigate.PrintList(c.OutOrStdout(), found)
}

// act prints the list of keys, or what blocking them would do.
func (o *investigation) act(c *cobra.Command, cfg *app.Config, st *clickhouse.Store, id string, log *slog.Logger) error {
	k := investigate.KeyOptions{Likeness: o.likeness, Known: o.known, Expires: o.expires, Allow: cfg.Engine.Allow, Now: time.Now()}
	if o.names != "" {
		var err error
		if k.Names, err = o.readNames(c.Context(), cfg, st, id); err != nil {
			return err
		}
	}
	if o.dry {
		d, err := investigate.Try(c.Context(), st, id, k)
		switch {
		case err != nil:
			return err
		case o.output == "json":
			return investigate.WriteJSON(c.OutOrStdout(), d)
		}
		return d.Print(c.OutOrStdout())
	}
	list, err := investigate.ListKeys(c.Context(), st, id, k)
	if err != nil {
		return err
	}
	if list.Excepted+list.Unlike+list.Known+list.Nameless > 0 {
		log.Warn("not all keys are as asked", "listed", len(list.List), "left_out_by_exceptions", list.Excepted,
			"left_out_as_unlike", list.Unlike, "left_out_as_known_before", list.Known, "listed_without_name", list.Nameless)
	}
	if o.keys == "json" {
		return list.WriteJSON(c.OutOrStdout())
	}
	return list.WriteCSV(c.OutOrStdout())
}

// readNames reads the gateway's own names of the campaign's keys, and notes in
// the audit that they were asked for.
func (o *investigation) readNames(ctx context.Context, cfg *app.Config, st *clickhouse.Store, id string) (investigate.Names, error) {
	file, err := os.Open(o.names)
	if err != nil {
		return nil, usage(fmt.Errorf("--names: %w", err))
	}
	defer file.Close()
	keys, err := app.ExistingKeys(cfg)
	if err != nil {
		return nil, err
	}
	found, _, err := st.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	var tenants []string
	if cfg.Redact.Tenants == redact.Separate {
		if tenants, err = st.Tenants(ctx); err != nil {
			return nil, err
		}
	}
	names, err := investigate.ReadNames(file, keys, tenants, found.Campaign.Members)
	if err != nil {
		return nil, fmt.Errorf("--names: %w", err)
	}
	what := fmt.Sprintf("%d keys of %s", len(names), found.Campaign.ID)
	if err := st.AuditOf(ctx, privacy.Actor(), "name keys", what, "investigate --names"); err != nil {
		return nil, err
	}
	return names, nil
}
