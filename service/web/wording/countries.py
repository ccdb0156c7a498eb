"""The English names of states, by the codes that the contract takes."""

from functools import cache

from domain import countries

# The names that take an article in a sentence.
_WITH_ARTICLE = """
AE AN BQ BS CC CD CF CK CT DO FK FO FQ GB GM HM IM IO KM KY MH MP MV NH NL NT PC PH PM PZ SB SC SU
TC TF UM US VA VG VI
"""
# The names that are others on pages, or that the domain has under the code of today alone.
_OTHERWISE = {"BU": "Burma", "CD": "DR Congo", "PU": "US Pacific Islands"}


def country(code: str) -> str:
    """``United States`` for US. Another text comes back as it is."""
    return _OTHERWISE.get(code) or countries.name_of(code)


def country_code(text: str) -> str:
    """The code of a state that is named as here, or by its code in small letters.

    Another text comes back as it is.
    """
    return _codes().get(text.strip().casefold(), text)


def in_prose(code: str) -> str:
    """The name within a sentence: ``the United States``, ``China``."""
    return f"the {country(code)}" if code in _WITH_ARTICLE.split() else country(code)


@cache
def _codes() -> dict[str, str]:
    """The code for each name and for each code itself, all in small letters."""
    by_name = {country(code).casefold(): code for code in countries.CODES}
    return by_name | {code.casefold(): code for code in countries.CODES}
