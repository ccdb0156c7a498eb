"""Who speaks, and how firmly."""

from tests.model.terms import DESK, FIRM, GUEST, HOST, PRESS, Json

Voice = tuple[str, str, str, str]


def speaks_for(speech: Json, details: Json) -> tuple[str, str]:
    """The country and the organisation of whoever speaks: by default the principal's for the
    guest, the host's for the host."""
    country, organisation = speech.get("country", ""), speech.get("organisation", "")
    if country or organisation:
        return country, organisation
    home = {GUEST: details.get("principal", {}), HOST: details.get("host", {})}
    side = home.get(speech["side"], {})
    return side.get("country", ""), side.get("organisation", "")


def voice_of(speech: Json, outlet: str, details: Json) -> Voice:
    """A side together with the country or organisation of whoever speaks. The press has one for
    each outlet."""
    country, organisation = speaks_for(speech, details)
    if speech["side"] == PRESS:
        return (PRESS, "", "", outlet) if outlet else (PRESS, country, organisation, "")
    return speech["side"], country, organisation, ""


def spoken(event: Json, speech: Json, basis: Json, details: Json) -> Json:
    """One word, with what is needed to weigh it later."""
    country, organisation = speaks_for(speech, details)
    return {
        "voice": voice_of(speech, basis.get("outlet", ""), details),
        "side": speech["side"],
        "country": country,
        "organisation": organisation,
        "speaker": speech.get("speaker", ""),
        "outlet": basis.get("outlet", ""),
        "attribution": basis.get("attribution", ""),
        "firm": basis.get("attribution", "") in FIRM,
        "version": event["version"],
    }


def words_of_status_change(event: Json, details: Json) -> list[Json]:
    """Each basis is a word of its side. Without one it is the word of the desk."""
    bases = event.get("basis") or [{"side": DESK}]
    return [spoken(event, basis, basis, details) for basis in bases]


def own_basis(statement: Json) -> Json:
    """A statement without a basis gets one of its own side, country and speaker: on the record
    where a speaker is named, else anonymous."""
    basis: Json = {
        key: statement[key]
        for key in ("side", "country", "organisation", "speaker")
        if key in statement
    }
    named = "speaker" in statement
    basis["attribution"] = "ATTRIBUTION_ON_THE_RECORD" if named else "ATTRIBUTION_ANONYMOUS"
    return basis


def word_of_statement(event: Json, details: Json) -> Json:
    """A statement is its speaker's word, whoever carried it. A basis of another side or country
    than the statement's is taken, and does not make it firm."""
    statement = event["statement_recorded"]["statement"]
    bases = event.get("basis") or [own_basis(statement)]
    speaker = (statement["side"], *speaks_for(statement, details))
    own = [b for b in bases if (b["side"], *speaks_for(b, details)) == speaker]
    firm = [basis for basis in own if basis.get("attribution") in FIRM]
    word = spoken(event, statement, (firm or own or bases)[0], details)
    word["firm"] = bool(firm)
    word["statement"] = statement
    return word
