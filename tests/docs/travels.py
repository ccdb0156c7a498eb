"""A few journeys of the official record, and the notebook that asks about them."""

from pathlib import Path

from tests.exchange.records.record import trip

NOTEBOOK = Path(__file__).parents[2] / "examples" / "travel.ipynb"
CLINTON, KERRY = ("clinton-hillary-rodham", "Hillary R. Clinton"), ("kerry-john-forbes", "J. Kerry")
ROGERS, SHULTZ = ("rogers-william-pierce", "W. Rogers"), ("shultz-george-pratt", "G. Shultz")
SEWARD, VANCE = ("seward-william-henry", "W. Seward"), ("vance-cyrus-roberts", "C. Vance")
BAKER, HULL = ("baker-james-addison", "J. Baker"), ("hull-cordell", "Cordell Hull")
RECORD = (
    trip(1, "1866-01-20/1866-01-23", "Cuba", "Havana", who=SEWARD),
    trip(2, "1943-10-18/1943-11-03", "U.S.S.R.", "Moscow", who=HULL),
    trip(3, "1972-02-17/1972-02-28", "China", "Peking", who=ROGERS),
    trip(
        4,
        "1972-05-22/1972-05-29",
        "U.S.S.R.",
        "Moscow, Kiev",
        who=ROGERS,
    ),
    trip(5, "1977-08-20/1977-08-26", "China", "Peking", who=VANCE),
    trip(6, "1988-04-21/1988-04-24", "U.S.S.R.", "Kiev", who=SHULTZ),
    trip(7, "1991-12-18/1991-12-19", "Ukraine", "Kiev", who=BAKER),
    trip(8, "2012-01-17", "Togo", "Lome", who=CLINTON),
    trip(9, "2014-08-13", "Solomon Islands", "Honiara", who=KERRY),
    trip(10, "2022-01-18/2022-01-20", "Ukraine", "Kyiv"),
    trip(11, "2023-06-17/2023-06-19", "China", "Beijing"),
)

# What the notebook prints of these before it makes a table.
SAID = """\
11 visits, up to position 11
1972-02-17 to 1972-02-28 William Rogers was the first
1 William Rogers
1 Cyrus Vance
1 Antony Blinken
1972-05-22 to 1972-05-29 William Rogers SU
1988-04-21 to 1988-04-24 George Shultz SU
1991-12-18 to 1991-12-19 James Baker UA
2022-01-18 to 2022-01-20 Antony Blinken UA
rogers-su-1972-05-22 1972-05-22 to 1972-05-29
1866-01-23 William H. Seward to Cuba, January 1866
"""
