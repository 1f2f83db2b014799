package keyabuse

import (
	"math"
	"strconv"
	"strings"
)

// atlas has, for each country of ISO 3166-1, its middle in degrees north and
// east and its area in thousands of square kilometres: the fields "Geographic
// coordinates" and "Area" of the CIA World Factbook, which is in the public
// domain, rounded to a degree and to three digits.
const atlas = `
AD 42.5 1.5 .47;AE 24 54 83.6;AF 33 65 652;AG 17 -62 .44;AI 18 -63 .09;AL 41 20 28.7;AM 40 45 29.7;AO -12 18 1247;
AQ -90 0 14200;AR -34 -64 2780 2200;AS -14 -170 .22;AT 47 13 83.9;AU -27 133 7741 2600;AW 12.5 -70 .18;AX 60 20 1.6;
AZ 40.5 47.5 86.6;BA 44 18 51.2;BB 13 -59.5 .43;BD 24 90 148;BE 51 4 30.5;BF 13 -2 274;BG 43 25 111;BH 26 50.5 .76;
BI -3.5 30 27.8;BJ 9.5 2.3 113;BL 18 -63 .03;BM 32 -65 .05;BN 4.5 115 5.8;BO -17 -65 1099;BQ 12 -68 .33;
BR -10 -55 8516 2800;BS 24 -76 13.9 600;BT 27.5 90.5 38.4;BW -22 24 582;BY 53 28 208;BZ 17 -89 23;CA 60 -95 9985 3300;
CC -12.5 97 .01;CD 0 25 2345;CF 7 21 623;CG -1 15 342;CH 47 8 41.3;CI 8 -5 322;CK -21 -160 .24 900;
CL -30 -71 756 2200;CM 6 12 475;CN 35 105 9597 2900;CO 4 -72 1139 1300;CR 10 -84 51.1 700;CU 21.5 -80 111 700;
CV 16 -24 4;CW 12 -69 .44;CX -10.5 106 .14;CY 35 33 9.3;CZ 50 15.5 78.9;DE 51 9 357;DJ 11.5 43 23.2;DK 56 10 43.1;
DM 15.5 -61 .75;DO 19 -71 48.7;DZ 28 3 2382;EC -2 -77.5 284 1400;EE 59 26 45.2;EG 27 30 1001;EH 25 -14 266;
ER 15 39 118;ES 40 -4 505 2100;ET 8 38 1104;FI 64 26 338 700;FJ -18 175 18.3 500;FK -52 -59 12.2;FM 7 158 .7 1700;
FO 62 -7 1.4;FR 46 2 552 900;GA -1 12 268;GB 54 -2 244 800;GD 12 -62 .34;GE 42 43.5 69.7;GF 4 -53 83.5;
GG 49.5 -2.5 .08;GH 8 -2 239;GI 36 -5.5 .01;GL 72 -40 2166 1500;GM 13.5 -16.5 11.3 300;GN 11 -10 246;GP 16 -61.5 1.6;
GQ 2 10 28.1;GR 39 22 132 600;GT 15.5 -90 109;GU 13.5 145 .54;GW 12 -15 36.1;GY 5 -59 215;HK 22 114 1.1;
HN 15 -86.5 112;HR 45 15.5 56.6 400;HT 19 -72 27.8;HU 47 20 93;ID -5 120 1905 2700;IE 53 -8 70.3;IL 31.5 35 21.9;
IM 54 -4.5 .57;IN 20 77 3287 2000;IO -6 72 .06;IQ 33 44 438;IR 32 53 1648;IS 65 -18 103;IT 43 13 301 750;JE 49 -2 .12;
JM 18 -77.5 11;JO 31 36 89.3;JP 36 138 378 1700;KE 1 38 580;KG 41 75 200;KH 13 105 181;KI 1.5 173 .81 3200;
KM -12 44 2.2;KN 17 -62.5 .26;KP 40 127 121;KR 37 127.5 99.7;KW 29.5 46 17.8;KY 19.5 -80.5 .26;KZ 48 68 2725;
LA 18 105 237 600;LB 34 36 10.4;LC 14 -61 .62;LI 47 9.5 .16;LK 7 81 65.6;LR 6.5 -9.5 111;LS -29.5 28.5 30.4;
LT 56 24 65.3;LU 50 6 2.6;LV 57 25 64.6;LY 25 17 1760;MA 32 -5 447;MC 43.5 7.5 .01;MD 47 29 33.9;ME 42.5 19 13.8;
MF 18 -63 .05;MG -20 47 587 900;MH 9 168 .18 700;MK 42 22 25.7;ML 17 -4 1240;MM 22 98 677 1300;MN 46 105 1564;
MO 22 113.5 .03;MP 15 145.5 .46;MQ 14.5 -61 1.1;MR 20 -12 1031;MS 17 -62 .1;MT 36 14.5 .32;MU -20 57.5 2 700;
MV 3 73 .3 500;MW -13.5 34 118;MX 23 -102 1964 1900;MY 2.5 112.5 330 1200;MZ -18 35 799 1300;NA -22 17 824;
NC -21.5 165.5 18.6;NE 16 8 1267;NF -29 168 .04;NG 10 8 924;NI 13 -85 130;NL 52.5 5.8 41.5;NO 62 10 324 1400;
NP 28 84 147 500;NR -.5 167 .02;NU -19 -170 .26;NZ -41 174 269 1100;OM 21 57 310;PA 9 -80 75.4;PE -10 -76 1285;
PF -15 -140 4.2 1500;PG -6 147 463 1300;PH 13 122 300 1000;PK 30 70 796;PL 52 20 313;PM 47 -56 .24;PN -25 -130 .05;
PR 18 -66.5 9.1;PS 32 35 6.2;PT 39.5 -8 92.1 1700;PW 7.5 134.5 .46;PY -23 -58 407;QA 25.5 51 11.6;RE -21 55.5 2.5;
RO 46 25 238;RS 44 21 77.5;RU 60 100 17098 5000;RW -2 30 26.3;SA 25 45 2150;SB -8 159 28.9 900;SC -4.5 55.7 .46 1200;
SD 15 30 1861;SE 62 15 450 900;SG 1.4 104 .72;SH -16 -6 .39 2600;SI 46 15 20.3;SJ 78 20 62;SK 48.7 19.5 49;
SL 8.5 -11.5 71.7;SM 44 12.5 .06;SN 14 -14 197;SO 10 49 638 1100;SR 4 -56 164;SS 8 30 644;ST 1 7 .96;SV 14 -89 21;
SX 18 -63 .03;SY 35 38 187;SZ -26.5 31.5 17.4;TC 22 -71.5 .95;TD 15 19 1284;TF -49 69 7.7 3000;TG 8 1 56.8;
TH 15 100 513 1000;TJ 39 71 144;TK -9 -172 .01;TL -9 126 14.9;TM 40 60 488;TN 34 9 164;TO -20 -175 .75 500;
TR 39 35 784 900;TT 11 -61 5.1;TV -8 178 .03;TW 23.5 121 36;TZ -6 35 947;UA 49 32 604;UG 1 32 241;US 38 -97 9834 5300;
UY -33 -56 176;UZ 41 64 447;VA 42 12.5 .01;VC 13 -61 .39;VE 8 -66 912;VG 18.5 -64.5 .15;VI 18 -65 1.9;
VN 16 108 331 950;VU -16 167 12.2 500;WF -13 -176 .14;WS -13.5 -172 2.8;XK 42.5 21 10.9;YE 15 48 528 800;
YT -13 45 .37;ZA -29 24 1219 1900;ZM -15 30 753;ZW -20 30 391`

// country is a circle that has most of a country in it.
type country struct {
	// lat and lon are its middle in radians, radius its radius in kilometres.
	lat, lon, radius float64
}

// countries has those of the atlas from 1 on, numbers their places by the letters
// of their codes.
var countries, numbers = parse(atlas)

func parse(text string) (list []country, at [26 * 26]uint8) {
	list = []country{{}}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\n", ""), ";") {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue // the test counts them
		}
		lat, _ := strconv.ParseFloat(f[1], 64)
		lon, _ := strconv.ParseFloat(f[2], 64)
		area, _ := strconv.ParseFloat(f[3], 64)
		// A circle of the area, and half more, because few countries are round.
		radius := 1.5 * math.Sqrt(1000*area/math.Pi)
		if len(f) > 4 {
			radius, _ = strconv.ParseFloat(f[4], 64)
		}
		at[cell(f[0])] = uint8(len(list))
		list = append(list, country{lat: lat * math.Pi / 180, lon: lon * math.Pi / 180, radius: radius})
	}
	return list, at
}

func cell(code string) int { return int(code[0]-'A')*26 + int(code[1]-'A') }

// numberOf returns the place of a country by its code of two capital letters, 0
// if it is not known.
func numberOf(code string) uint8 {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return 0
	}
	return numbers[cell(code)]
}

// earth is the mean radius of the earth in kilometres.
const earth = 6371

// apart returns how many kilometres are at least between two countries: between
// the rims of their circles, 0 if they touch (haversine formula).
func apart(a, b uint8) float64 {
	p, q := countries[a], countries[b]
	h := math.Pow(math.Sin((q.lat-p.lat)/2), 2) + math.Cos(p.lat)*math.Cos(q.lat)*math.Pow(math.Sin((q.lon-p.lon)/2), 2)
	return max(2*earth*math.Asin(math.Sqrt(min(h, 1)))-p.radius-q.radius, 0)
}
