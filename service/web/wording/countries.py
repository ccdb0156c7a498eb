"""The English names of states, by the codes that the contract takes."""

from functools import cache

# ISO 3166-1 alpha-2 and XK; a star says that the name takes an article in a sentence.
_STATES = """
AD Andorra | AE* United Arab Emirates | AF Afghanistan | AG Antigua and Barbuda | AI Anguilla
AL Albania | AM Armenia | AO Angola | AQ Antarctica | AR Argentina | AS American Samoa
AT Austria | AU Australia | AW Aruba | AX Åland | AZ Azerbaijan | BA Bosnia and Herzegovina
BB Barbados | BD Bangladesh | BE Belgium | BF Burkina Faso | BG Bulgaria | BH Bahrain
BI Burundi | BJ Benin | BL Saint Barthélemy | BM Bermuda | BN Brunei | BO Bolivia
BQ* Bonaire, Sint Eustatius and Saba | BR Brazil | BS* Bahamas | BT Bhutan | BV Bouvet Island
BW Botswana | BY Belarus | BZ Belize | CA Canada | CC* Cocos Islands | CD* DR Congo
CF* Central African Republic | CG Congo | CH Switzerland | CI Côte d'Ivoire | CK* Cook Islands
CL Chile | CM Cameroon | CN China | CO Colombia | CR Costa Rica | CU Cuba | CV Cabo Verde
CW Curaçao | CX Christmas Island | CY Cyprus | CZ Czechia | DE Germany | DJ Djibouti
DK Denmark | DM Dominica | DO* Dominican Republic | DZ Algeria | EC Ecuador | EE Estonia
EG Egypt | EH Western Sahara | ER Eritrea | ES Spain | ET Ethiopia | FI Finland | FJ Fiji
FK* Falkland Islands | FM Micronesia | FO* Faroe Islands | FR France | GA Gabon
GB* United Kingdom | GD Grenada | GE Georgia | GF French Guiana | GG Guernsey | GH Ghana
GI Gibraltar | GL Greenland | GM* Gambia | GN Guinea | GP Guadeloupe | GQ Equatorial Guinea
GR Greece | GS South Georgia and the South Sandwich Islands | GT Guatemala | GU Guam
GW Guinea-Bissau | GY Guyana | HK Hong Kong | HM* Heard Island and McDonald Islands
HN Honduras | HR Croatia | HT Haiti | HU Hungary | ID Indonesia | IE Ireland | IL Israel
IM* Isle of Man | IN India | IO* British Indian Ocean Territory | IQ Iraq | IR Iran | IS Iceland
IT Italy | JE Jersey | JM Jamaica | JO Jordan | JP Japan | KE Kenya | KG Kyrgyzstan
KH Cambodia | KI Kiribati | KM* Comoros | KN Saint Kitts and Nevis | KP North Korea
KR South Korea | KW Kuwait | KY* Cayman Islands | KZ Kazakhstan | LA Laos | LB Lebanon
LC Saint Lucia | LI Liechtenstein | LK Sri Lanka | LR Liberia | LS Lesotho | LT Lithuania
LU Luxembourg | LV Latvia | LY Libya | MA Morocco | MC Monaco | MD Moldova | ME Montenegro
MF Saint Martin | MG Madagascar | MH* Marshall Islands | MK North Macedonia | ML Mali
MM Myanmar | MN Mongolia | MO Macao | MP* Northern Mariana Islands | MQ Martinique
MR Mauritania | MS Montserrat | MT Malta | MU Mauritius | MV* Maldives | MW Malawi | MX Mexico
MY Malaysia | MZ Mozambique | NA Namibia | NC New Caledonia | NE Niger | NF Norfolk Island
NG Nigeria | NI Nicaragua | NL* Netherlands | NO Norway | NP Nepal | NR Nauru | NU Niue
NZ New Zealand | OM Oman | PA Panama | PE Peru | PF French Polynesia | PG Papua New Guinea
PH* Philippines | PK Pakistan | PL Poland | PM* Saint Pierre and Miquelon | PN Pitcairn
PR Puerto Rico | PS Palestine | PT Portugal | PW Palau | PY Paraguay | QA Qatar | RE Réunion
RO Romania | RS Serbia | RU Russia | RW Rwanda | SA Saudi Arabia | SB* Solomon Islands
SC* Seychelles | SD Sudan | SE Sweden | SG Singapore | SH Saint Helena | SI Slovenia
SJ Svalbard and Jan Mayen | SK Slovakia | SL Sierra Leone | SM San Marino | SN Senegal
SO Somalia | SR Suriname | SS South Sudan | ST São Tomé and Príncipe | SV El Salvador
SX Sint Maarten | SY Syria | SZ Eswatini | TC* Turks and Caicos Islands | TD Chad
TF* French Southern Territories | TG Togo | TH Thailand | TJ Tajikistan | TK Tokelau
TL Timor-Leste | TM Turkmenistan | TN Tunisia | TO Tonga | TR Türkiye | TT Trinidad and Tobago
TV Tuvalu | TW Taiwan | TZ Tanzania | UA Ukraine | UG Uganda
UM* United States Minor Outlying Islands | US* United States | UY Uruguay | UZ Uzbekistan
VA* Holy See | VC Saint Vincent and the Grenadines | VE Venezuela | VG* British Virgin Islands
VI* US Virgin Islands | VN Vietnam | VU Vanuatu | WF Wallis and Futuna | WS Samoa | XK Kosovo
YE Yemen | YT Mayotte | ZA South Africa | ZM Zambia | ZW Zimbabwe
"""
# Of states that are gone (ISO 3166-3). CS is Czechoslovakia, and was Serbia and Montenegro later.
_GONE = """
AN* Netherlands Antilles | BU Burma | CS Czechoslovakia | CT* Canton and Enderbury Islands
DD East Germany | DY Dahomey | FQ* French Southern and Antarctic Territories
FX Metropolitan France | HV Upper Volta | JT Johnston Island | MI Midway Islands
NH* New Hebrides | NQ Dronning Maud Land | NT* Neutral Zone
PC* Trust Territory of the Pacific Islands | PU US Pacific Islands | PZ* Panama Canal Zone
RH Rhodesia | SU* Soviet Union | TP Portuguese Timor | VD North Vietnam | WK Wake Island
YD South Yemen | YU Yugoslavia | ZR Zaire
"""


def country(code: str) -> str:
    """``United States`` for US. Another text comes back as it is."""
    return _names().get(code, (code, ""))[0]


def country_code(text: str) -> str:
    """The code of a state that is named as here, or by its code in small letters.

    Another text comes back as it is.
    """
    return _codes().get(text.strip().casefold(), text)


def in_prose(code: str) -> str:
    """The name within a sentence: ``the United States``, ``China``."""
    name, article = _names().get(code, (code, ""))
    return article + name


@cache
def _codes() -> dict[str, str]:
    """The code for each name and for each code itself, all in small letters."""
    by_name = {name.casefold(): code for code, (name, _) in _names().items()}
    return by_name | {code.casefold(): code for code in _names()}


@cache
def _names() -> dict[str, tuple[str, str]]:
    """The name for each code, and the article that it takes."""
    found = {}
    for line in (_STATES + _GONE).strip().splitlines():
        for entry in filter(None, line.split(" | ")):
            code, _, name = entry.partition(" ")
            found[code.rstrip("*")] = (name, "the " if code.endswith("*") else "")
    return found
