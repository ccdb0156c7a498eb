"""The codes of states: ISO 3166-1 alpha-2, those of states that are gone (ISO 3166-3), and XK.

What people write instead of a code, such as a name, is known here so that a refusal can say which
code is meant.
"""

import re
import unicodedata
from functools import cache

# Code, alpha-3 code, and names: the usual English ones, and what else is often written.
_STATES = """
AD AND Andorra | AE ARE United Arab Emirates / Emirates / UAE | AF AFG Afghanistan
AG ATG Antigua and Barbuda | AI AIA Anguilla | AL ALB Albania | AM ARM Armenia | AO AGO Angola
AQ ATA Antarctica | AR ARG Argentina | AS ASM American Samoa | AT AUT Austria | AU AUS Australia
AW ABW Aruba | AX ALA Åland / Åland Islands | AZ AZE Azerbaijan
BA BIH Bosnia and Herzegovina / Bosnia | BB BRB Barbados | BD BGD Bangladesh | BE BEL Belgium
BF BFA Burkina Faso | BG BGR Bulgaria | BH BHR Bahrain | BI BDI Burundi | BJ BEN Benin
BL BLM Saint Barthélemy | BM BMU Bermuda | BN BRN Brunei / Brunei Darussalam | BO BOL Bolivia
BQ BES Bonaire, Sint Eustatius and Saba / Bonaire / Caribbean Netherlands
BR BRA Brazil / Brasil | BS BHS Bahamas
BT BTN Bhutan | BV BVT Bouvet Island | BW BWA Botswana | BY BLR Belarus | BZ BLZ Belize
CA CAN Canada | CC CCK Cocos Islands / Keeling Islands
CD COD Democratic Republic of the Congo / DR Congo / DRC | CF CAF Central African Republic
CG COG Congo / Republic of the Congo | CH CHE Switzerland / SUI
CI CIV Côte d'Ivoire / Ivory Coast | CK COK Cook Islands | CL CHL Chile | CM CMR Cameroon
CN CHN China / People's Republic of China / PRC | CO COL Colombia | CR CRI Costa Rica
CU CUB Cuba | CV CPV Cabo Verde / Cape Verde | CW CUW Curaçao | CX CXR Christmas Island
CY CYP Cyprus | CZ CZE Czechia / Czech Republic
DE DEU Germany / Federal Republic of Germany / Deutschland / FRG / GER | DJ DJI Djibouti
DK DNK Denmark | DM DMA Dominica | DO DOM Dominican Republic | DZ DZA Algeria
EC ECU Ecuador | EE EST Estonia | EG EGY Egypt | EH ESH Western Sahara | ER ERI Eritrea
ES ESP Spain / España | ET ETH Ethiopia
FI FIN Finland | FJ FJI Fiji | FK FLK Falkland Islands / Falklands / Malvinas
FM FSM Micronesia / Federated States of Micronesia | FO FRO Faroe Islands / Faroes
FR FRA France
GA GAB Gabon
GB GBR United Kingdom / Great Britain / Britain / England / Scotland / Wales / Northern Ireland / UK
GD GRD Grenada | GE GEO Georgia | GF GUF French Guiana | GG GGY Guernsey | GH GHA Ghana
GI GIB Gibraltar | GL GRL Greenland | GM GMB Gambia | GN GIN Guinea | GP GLP Guadeloupe
GQ GNQ Equatorial Guinea | GR GRC Greece / EL
GS SGS South Georgia and the South Sandwich Islands | GT GTM Guatemala | GU GUM Guam
GW GNB Guinea-Bissau | GY GUY Guyana
HK HKG Hong Kong | HM HMD Heard Island and McDonald Islands | HN HND Honduras | HR HRV Croatia
HT HTI Haiti | HU HUN Hungary
ID IDN Indonesia | IE IRL Ireland | IL ISR Israel | IM IMN Isle of Man | IN IND India
IO IOT British Indian Ocean Territory | IQ IRQ Iraq | IR IRN Iran | IS ISL Iceland
IT ITA Italy / Italia
JE JEY Jersey | JM JAM Jamaica | JO JOR Jordan | JP JPN Japan
KE KEN Kenya | KG KGZ Kyrgyzstan | KH KHM Cambodia | KI KIR Kiribati | KM COM Comoros
KN KNA Saint Kitts and Nevis | KP PRK North Korea / Democratic People's Republic of Korea / DPRK
KR KOR South Korea / Republic of Korea / Korea / ROK | KW KWT Kuwait | KY CYM Cayman Islands
KZ KAZ Kazakhstan
LA LAO Laos / Lao PDR | LB LBN Lebanon | LC LCA Saint Lucia | LI LIE Liechtenstein
LK LKA Sri Lanka | LR LBR Liberia | LS LSO Lesotho | LT LTU Lithuania | LU LUX Luxembourg
LV LVA Latvia | LY LBY Libya
MA MAR Morocco | MC MCO Monaco | MD MDA Moldova | ME MNE Montenegro | MF MAF Saint Martin
MG MDG Madagascar | MH MHL Marshall Islands | MK MKD North Macedonia / Macedonia | ML MLI Mali
MM MMR Myanmar / Burma | MN MNG Mongolia | MO MAC Macao / Macau
MP MNP Northern Mariana Islands | MQ MTQ Martinique | MR MRT Mauritania | MS MSR Montserrat
MT MLT Malta | MU MUS Mauritius | MV MDV Maldives | MW MWI Malawi | MX MEX Mexico
MY MYS Malaysia | MZ MOZ Mozambique
NA NAM Namibia | NC NCL New Caledonia | NE NER Niger | NF NFK Norfolk Island | NG NGA Nigeria
NI NIC Nicaragua | NL NLD Netherlands / Holland / NED | NO NOR Norway | NP NPL Nepal
NR NRU Nauru | NU NIU Niue | NZ NZL New Zealand
OM OMN Oman
PA PAN Panama | PE PER Peru | PF PYF French Polynesia | PG PNG Papua New Guinea
PH PHL Philippines | PK PAK Pakistan | PL POL Poland | PM SPM Saint Pierre and Miquelon
PN PCN Pitcairn | PR PRI Puerto Rico | PS PSE Palestine / State of Palestine | PT PRT Portugal
PW PLW Palau | PY PRY Paraguay
QA QAT Qatar
RE REU Réunion | RO ROU Romania | RS SRB Serbia | RU RUS Russia / Russian Federation
RW RWA Rwanda
SA SAU Saudi Arabia / KSA | SB SLB Solomon Islands | SC SYC Seychelles | SD SDN Sudan
SE SWE Sweden | SG SGP Singapore | SH SHN Saint Helena | SI SVN Slovenia
SJ SJM Svalbard and Jan Mayen / Svalbard | SK SVK Slovakia / Slovak Republic
SL SLE Sierra Leone | SM SMR San Marino | SN SEN Senegal | SO SOM Somalia | SR SUR Suriname
SS SSD South Sudan | ST STP São Tomé and Príncipe | SV SLV El Salvador | SX SXM Sint Maarten
SY SYR Syria / Syrian Arab Republic | SZ SWZ Eswatini / Swaziland
TC TCA Turks and Caicos Islands | TD TCD Chad | TF ATF French Southern Territories | TG TGO Togo
TH THA Thailand | TJ TJK Tajikistan | TK TKL Tokelau | TL TLS Timor-Leste / East Timor
TM TKM Turkmenistan | TN TUN Tunisia | TO TON Tonga | TR TUR Türkiye / Turkey
TT TTO Trinidad and Tobago | TV TUV Tuvalu | TW TWN Taiwan / Republic of China / ROC
TZ TZA Tanzania
UA UKR Ukraine | UG UGA Uganda | UM UMI United States Minor Outlying Islands
US USA United States / United States of America / America | UY URY Uruguay | UZ UZB Uzbekistan
VA VAT Holy See / Vatican / Vatican City | VC VCT Saint Vincent and the Grenadines / Saint Vincent
VE VEN Venezuela | VG VGB British Virgin Islands | VI VIR US Virgin Islands
VN VNM Vietnam | VU VUT Vanuatu
WF WLF Wallis and Futuna | WS WSM Samoa
YE YEM Yemen | YT MYT Mayotte
ZA ZAF South Africa / RSA | ZM ZMB Zambia | ZW ZWE Zimbabwe
"""
_STATES_THAT_ARE_GONE = """
AN ANT Netherlands Antilles
BU BUR
CS CSK Czechoslovakia | CS SCG Serbia and Montenegro | CT CTE Canton and Enderbury Islands
DD DDR East Germany / German Democratic Republic / GDR | DY DHY Dahomey
FQ FQX French Southern and Antarctic Territories | FX FXX Metropolitan France
HV HVO Upper Volta
JT JTN Johnston Island
MI MID Midway Islands
NH NHB New Hebrides | NQ ATN Dronning Maud Land | NT NTZ Neutral Zone
PC PCI Trust Territory of the Pacific Islands | PU PUS | PZ PCZ Panama Canal Zone
RH RHO Rhodesia / Southern Rhodesia
SU SUN Soviet Union / USSR
TP TMP Portuguese Timor
VD VDR North Vietnam
WK WAK Wake Island
YD YMD South Yemen / Democratic Yemen | YU YUG Yugoslavia
ZR ZAR Zaire
"""
# Kosovo has no code of ISO 3166; this one is its usual code, set aside by ISO for its users.
_OTHERS = """
XK XKX Kosovo / RKS
"""
_ORGANISATIONS = """
APEC | African Union | Arab League | ASEAN | BRICS | CARICOM | CIS | Council of Europe | CSTO
ECB | ECOWAS | EU | European Commission | European Council | European Union | G7 | G8 | G20 | GCC
IAEA | ICC | IMF | League of Arab States | Mercosur | NATO | OAS | OECD | OIC | OPEC | OSCE | SADC
SCO | UN | UNESCO | UNICEF | United Nations | WHO | World Bank | WTO
"""


def _entries(table: str) -> list[tuple[str, str, list[str]]]:
    """The code, the alpha-3 code and the names of each state of a table."""
    found = []
    for entry in re.split(r"[|\n]", table.strip()):
        code, alpha_3, *name = entry.split(maxsplit=2)
        found.append((code, alpha_3, name[0].split("/") if name else []))
    return found


CURRENT = frozenset(code for code, _, _ in _entries(_STATES))
FORMER = frozenset(code for code, _, _ in _entries(_STATES_THAT_ARE_GONE))
CODES = CURRENT | FORMER | {"XK"}


def code_of(text: str) -> str | None:
    """The code that somebody means who writes a name, an alpha-3 code or a usual slip.

    None if no country is known by that text.
    """
    return _meant().get(_key(text))


def name_of(code: str) -> str:
    """The usual English name of the state with a code; the code itself if it is known by no name.

    Where two states had one code, it is that of the first.
    """
    return _names().get(code, code)


def is_organisation(text: str) -> bool:
    """Whether the text is the name of an organisation that is often taken for a country."""
    return _key(text) in _organisations()


def why_no_code(text: str) -> str:
    """Why a text that is not one of ``CODES`` is refused, and what to write."""
    if code := code_of(text):
        return f"{text!r} is not the code of a country: write {code}"
    if is_organisation(text):
        return f"{text!r} is an organisation: put it in organisation"
    return f"{text!r} is not the code of a country (ISO 3166-1 alpha-2, in capitals)"


@cache
def _meant() -> dict[str, str]:
    """The code for each way of writing a country. Where two share one, it is of today's."""
    return {
        _key(written): code
        for table in (_STATES_THAT_ARE_GONE, _STATES, _OTHERS)
        for code, alpha_3, names in _entries(table)
        for written in (code, alpha_3, *names)
    }


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for table in (_STATES, _OTHERS, _STATES_THAT_ARE_GONE):
        for code, _, names in _entries(table):
            if names:
                found.setdefault(code, names[0].strip())
    return found


@cache
def _organisations() -> frozenset[str]:
    return frozenset(map(_key, re.split(r"[|\n]", _ORGANISATIONS.strip())))


def _key(text: str) -> str:
    """A name without what people write in one way or another: capitals, accents, punctuation."""
    text = re.sub(r"\bst\b", "saint", text.casefold().replace("&", " and "))
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text))).removeprefix("the")
