"""What a page says, as a person or a program reads it."""

import html
import re
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import httpx

TEXTS = {
    "of 4,000 letters": "long " * 800,
    "right-to-left": "\u05d1\u05d9\u05e7\u05d5\u05e8 \u05d4\u05d1\u05d0",
    "of markup": '<script>alert("1")</script><b onclick=x>&amp;',
}


def today_utc() -> date:
    """The day it is; asked when it is needed, as a run of the tests may go on over midnight."""
    return datetime.now(UTC).date()


def text_of(answer: httpx.Response | str) -> str:
    """The text of a page, without its markup and with single blanks."""
    body = answer if isinstance(answer, str) else answer.text
    body = body[body.index("<main") :] if "<main" in body else body
    body = body[: body.index("</main>")] if "</main>" in body else body
    spaced = re.sub(r"</(dt|dd|t[dh]|li|p|h\d|div|summary|label)>", " ", body)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", spaced))).strip()


def sentence_of(answer: httpx.Response) -> str:
    """The sentence of the page of today."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.S)
    assert found, answer.text
    return text_of(found[1]).replace("\N{NO-BREAK SPACE}", " ")


def links_of(answer: httpx.Response) -> list[str]:
    """The addresses to which the page leads, without the frame around it."""
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    return [html.unescape(found) for found in re.findall(r'<a [^>]*href="([^"]*)"', main)]


def visits_of(answer: httpx.Response) -> list[str]:
    """The ids of the visits in a table or list, in their order."""
    found = re.findall(r'class="visit-link" href="/visits/([^"#?]*)', answer.text)
    return list(dict.fromkeys(found))


def link_to(answer: httpx.Response, text: str) -> str:
    """The address of the first link with this text."""
    for address, inner in re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', answer.text, re.S):
        if text_of(inner).removesuffix(" \N{MULTIPLICATION SIGN}") == text:
            return html.unescape(address)
    raise AssertionError(f"no link says {text!r}: {text_of(answer)}")


def parameters(address: str) -> dict[str, list[str]]:
    """The parameters of an address."""
    return parse_qs(urlsplit(address).query)


def check_refused(answer: httpx.Response, *words: str) -> None:
    """Check that a page says what is wrong with its address, and nothing of the server."""
    assert 400 <= answer.status_code < 500, answer.status_code
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    said = text_of(answer)
    for word in words:
        assert word in said, said
    for leak in ("Traceback", "Error(", ".py", "INTERNAL", "UNKNOWN"):
        assert leak not in said, said
