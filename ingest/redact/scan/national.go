package scan

import (
	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/check"
)

// The national identity numbers, in the order of their names.
const (
	usSSN recogniser = iota
	caSIN
	nlBSN
	sePersonnummer
	ukNHS
	plPESEL
	brCPF
	deTax
	inAadhaar
	frNIR
	esNIF
	ukNINO
	itFiscal
	usITIN
	usMBI
	usNPI
	auTFN
	trKimlik
	beRijksregister
	krRRN
	chAHV
	thID
	zaID
	fiHetu
	sgNRIC
	deRV
	deKV
	passport
	nationals // their number
)

// nationalNames are the second halves of the names of the recognisers.
var nationalNames = [nationals]string{"us_ssn", "ca_sin", "nl_bsn", "se_personnummer", "uk_nhs", "pl_pesel", "br_cpf",
	"de_tax_id", "in_aadhaar", "fr_nir", "es_nif", "uk_nino", "it_codice_fiscale", "us_itin", "us_mbi", "us_npi", "au_tfn", "tr_kimlik", "be_rijksregister",
	"kr_rrn", "ch_ahv", "th_id", "za_id", "fi_hetu", "sg_nric", "de_rentenversicherung", "de_krankenversicherung", "passport"}

// numbered is a national identity number made of digits. The check decides; the
// forms are how people write it, a 0 for each digit. What has no check digit, or
// a single one over few digits, needs its form or a word before it that says so;
// a bare one does not.
type numbered struct {
	by     recogniser
	digits int
	forms  []string
	bare   bool
	check  func(d []byte) bool
}

// numberedBy has them by the number of their digits.
var numberedBy = func() (t [16][]numbered) {
	for _, n := range []numbered{
		{usSSN, 9, []string{"000-00-0000"}, false, check.SSN},
		{caSIN, 9, []string{"000-000-000"}, false, check.SIN},
		{nlBSN, 9, nil, false, check.BSN},
		{ukNHS, 10, []string{"000 000 0000"}, false, check.NHS},
		{sePersonnummer, 10, []string{"000000-0000"}, false, check.Personnummer},
		{plPESEL, 11, nil, true, check.PESEL},
		{brCPF, 11, []string{"000.000.000-00"}, true, check.CPF},
		{deTax, 11, []string{"00 000 000 000"}, true, check.GermanTax},
		{inAadhaar, 12, []string{"0000 0000 0000", "0000-0000-0000"}, false, check.Aadhaar},
		{sePersonnummer, 12, []string{"00000000-0000"}, true, check.Personnummer},
		{usITIN, 9, nil, false, check.ITIN},
		{auTFN, 9, nil, false, check.TFN},
		{usNPI, 10, nil, false, check.NPI},
		{trKimlik, 11, nil, false, check.Kimlik},
		{beRijksregister, 11, []string{"00.00.00-000.00"}, false, check.Rijksregister},
		{krRRN, 13, []string{"000000-0000000"}, false, check.RRN},
		{chAHV, 13, []string{"000.0000.0000.00"}, true, check.AHV},
		{thID, 13, []string{"0-0000-00000-00-0"}, false, check.ThaiID},
		{zaID, 13, nil, false, check.SouthAfricanID},
		{frNIR, 15, []string{"0 00 00 00 000 000 00"}, true, check.NIR},
	} {
		t[n.digits] = append(t[n.digits], n)
	}
	return t
}()

// national tells which national identity number the groups up to g are.
func (n *cluster) national(g int, d []byte, ctx string) (by recogniser, ok bool) {
	if len(d) >= len(numberedBy) {
		return 0, false
	}
	for _, id := range numberedBy[len(d)] {
		ok = id.bare && g == 0 || ctx == ctxNational || ctx == ctxPassport
		for _, form := range id.forms {
			// British numbers are written as North American telephone numbers are.
			ok = ok || n.formed(g, form) && (id.by != ukNHS || !check.NANP(d))
		}
		if ok && id.check(d) {
			return byNational + id.by, true
		}
	}
	// A passport's number has no check digit, and "national id" says it all.
	if ctx == ctxPassport && g == 0 && len(d) >= chars.DigitsLen {
		return byNational + passport, true
	}
	return 0, false
}

// formed reports whether the groups up to g are written as form, a 0 for each
// digit.
func (n *cluster) formed(g int, form string) bool {
	k, digits := 0, 0
	for i := range len(form) {
		if form[i] == '0' {
			digits++
			continue
		}
		if n.count[k] != digits || k == g || n.sep[k+1] != form[i] {
			return false
		}
		k++
	}
	return k == g && n.count[k] == digits
}
