package check

import "testing"

func TestChecks(t *testing.T) {
	cases := []struct {
		name  string
		check func([]byte) bool
		good  []string
		bad   []string
	}{
		{"luhn", Luhn, []string{"79927398713", "18"}, []string{"79927398710", "0", ""}},
		{"card", Card,
			[]string{"4111111111111111", "4012888888881881", "5555555555554444", "2223003122003222", "378282246310005",
				"6011111111111117", "3530111333300000", "30569309025904", "6200000000000005"},
			[]string{"4111111111111112", "1726782477123456", "1111111111111117", "0000000000000000", "411111111111",
				"41111111111111111111", "37828224631000", "7000000000000005"}},
		{"iban", IBAN,
			[]string{"DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606", "NO9386011117947",
				"NL91ABNA0417164300", "ES9121000418450200051332", "MT84MALT011000012345MTLCAST001S"},
			[]string{"DE89370400440532013001", "DE8937040044053201300", "ZZ89370400440532013000", "GB82WEST1234569876543!", ""}},
		{"ssn", SSN, []string{"123456789", "899999999"}, []string{"000456789", "666456789", "900456789", "123006789", "123450000", "12345678"}},
		{"nhs", NHS, []string{"9434765919", "4010232137"}, []string{"9434765918", "0000000000", "943476591"}},
		{"german tax", GermanTax, []string{"86095742719", "47036892816", "65929970489"}, []string{"86095742718", "06095742719", "12345678901", "11111111111"}},
		{"nir", NIR, []string{"255081416802538", "184127645108946"}, []string{"255081416802539", "355081416802538", "255131416802538"}},
		{"nif", NIF, []string{"12345678Z", "X1234567L", "Z8327649K"}, []string{"12345678A", "X1234567Z", "1234567", "A2345678Z"}},
		{"fiscal code", FiscalCode, []string{"RSSMRA85T10A562S", "MRTMTT91D08F205J"}, []string{"RSSMRA85T10A562T", "RSSMRA85T10A562", "RSSMR185T10A562S", "rssmra85t10a562s"}},
		{"pesel", PESEL, []string{"44051401359", "02070803628"}, []string{"44051401358", "44131401359", "44053201359"}},
		{"bsn", BSN, []string{"111222333", "123456782"}, []string{"111222334", "000000000", "11122233"}},
		{"cpf", CPF, []string{"52998224725", "11144477735"}, []string{"52998224724", "11111111111", "5299822472"}},
		{"aadhaar", Aadhaar, []string{"234123412346", "999941057058"}, []string{"234123412347", "123412341234", "23412341234"}},
		{"sin", SIN, []string{"130692544", "193456787"}, []string{"130692545", "046454286", "846454286"}},
		{"nino", NINO, []string{"AB123456C"}, []string{"AB123456E", "A1123456C", "AB12345CC", "AB123456", "ab123456c"}},
		{"nanp", NANP, []string{"4155552671", "8005550199"}, []string{"0155552671", "4151552671", "9115552671", "4159112671", "415555267"}},
		{"personnummer", Personnummer, []string{"8112189876", "198112189876", "6403273813"}, []string{"8112189875", "8113189876", "178112189876", "81121898"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, g := range c.good {
				if !c.check([]byte(g)) {
					t.Errorf("%s was refused", g)
				}
			}
			for _, b := range c.bad {
				if c.check([]byte(b)) {
					t.Errorf("%s was accepted", b)
				}
			}
		})
	}
}

func TestVerhoeffTablesArePermutations(t *testing.T) {
	for _, table := range [][]string{verhoeffD[:], verhoeffP[:]} {
		for i, row := range table {
			seen := map[rune]bool{}
			for _, c := range row {
				seen[c] = true
			}
			if len(row) != 10 || len(seen) != 10 {
				t.Errorf("row %d is no permutation", i)
			}
		}
	}
}

// FuzzChecks holds that no check panics on any text of the characters that the
// scanner hands over.
func FuzzChecks(f *testing.F) {
	f.Add([]byte("4111111111111111"))
	f.Add([]byte("DE89370400440532013000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		upper := make([]byte, 0, len(b))
		number := make([]byte, 0, len(b))
		for _, c := range b {
			number = append(number, '0'+c%10)
			upper = append(upper, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[c%36])
		}
		for _, check := range []func([]byte) bool{Luhn, Card, SSN, NHS, GermanTax, NIR, PESEL, BSN, CPF, Aadhaar, SIN, Personnummer} {
			check(number)
		}
		for _, check := range []func([]byte) bool{IBAN, NIF, FiscalCode, NINO, NANP} {
			check(upper)
			check(number)
		}
	})
}
