package bound

import (
	"math"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

func TestPrepareDoesNotChangeItsArgument(t *testing.T) {
	in := []schemas.Finding{{ID: "b", WindowStart: time.Unix(2, 0), Features: []schemas.Feature{{Observed: math.Inf(1)}}},
		{ID: "a", WindowStart: time.Unix(1, 0)}}
	out := Prepare(in)
	if in[0].ID != "b" || !math.IsInf(in[0].Features[0].Observed, 1) || out[0].ID != "a" {
		t.Error("the caller's findings are changed, or not put in order")
	}
	if out[0].Features == nil || out[0].Techniques == nil {
		t.Error("a list is nil, which JSON writes as null")
	}
}

// What ties an entity to others stays within its bound, and does not claim to be
// all of it then.
func TestRelatedIsBounded(t *testing.T) {
	f := Finding(schemas.Finding{Related: make([]schemas.Entity, 5), RelatedAll: true, Series: &schemas.Series{Step: -1, Counts: make([]int64, 99)}})
	if len(f.Related) != schemas.MaxRelated || f.RelatedAll || f.Series.Step != 0 || len(f.Series.Counts) != schemas.MaxBins {
		t.Errorf("%+v, %+v", f, f.Series)
	}
	if f = Finding(schemas.Finding{Related: make([]schemas.Entity, 4), RelatedAll: true}); !f.RelatedAll {
		t.Error("four are all")
	}
}

func TestMembers(t *testing.T) {
	campaign := schemas.Finding{Entity: schemas.Entity{Kind: schemas.EntityCampaign, Name: "c"}, Campaign: &schemas.Campaign{Members: make([]schemas.Member, 20_000)}}
	other := campaign
	other.Entity.Kind = schemas.EntityPrincipal
	in := Prepare([]schemas.Finding{campaign})
	if n := len(in[0].Members()); n != 10_000 || in[0].Campaign.Members != nil {
		t.Errorf("%d members, want the first 10000, and none in the finding", n)
	}
	if n := len(Prepare([]schemas.Finding{other})[0].Members()); n != 0 {
		t.Errorf("%d members of what is no campaign", n)
	}
}
