"""Whatever a form is sent, the board answers with a page that says what is wrong."""

import random
from urllib.parse import quote, urlencode

import httpx
import pytest

from chancery.client import Connection
from service.limits import FORM_BYTES, FORM_FIELDS
from service.web.forms.fields import leaves
from service.web.forms.forms import FORMS
from tests.support.examples import examples
from tests.support.server import Server
from tests.web.forms.filling import OFFICER, Inputs, filled, opened, sent

FORM = "/visits/new?change=schedule"
ENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
REQUIRED = {"scheduled.details.title": "x", "scheduled.details.principal.name": "y"}
HTML = "</textarea></title>\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;{{7*7}}"
RIGHT_TO_LEFT = "زيارة בלינקן إلى بكين"


async def test_what_is_no_form_or_too_large_is_refused(desk: httpx.AsyncClient) -> None:
    for answer, status in (
        (await desk.post(FORM, json={"a": 1}), 415),
        (await desk.post(FORM, files={"a": b"x"}), 415),
        (await desk.post(FORM, content=b"a=" + b"x" * FORM_BYTES, headers=ENCODED), 413),
        (await desk.post(FORM, content=b"&a=1" * (FORM_FIELDS + 1), headers=ENCODED), 400),
        (await desk.post(FORM, content=b"a=%ff%fe", headers=ENCODED), 400),
        (await desk.post(FORM, content="a=é".encode(), headers=ENCODED), 400),
        (await desk.post(FORM, content=b"officer=a&officer=b", headers=ENCODED), 400),
        (await desk.post(FORM, data={"scheduled.details.titel": "x"}), 400),
        (await desk.post("/visits/new?change=complete", data={"officer": "x"}), 404),
        (await desk.post("/visits/new", data={"officer": "x"}), 404),
    ):
        assert answer.status_code == status
        assert '<p class="message">' in answer.text
        assert "Traceback" not in answer.text


async def test_the_longest_texts_are_recorded_and_longer_ones_told(
    desk: httpx.AsyncClient, server: Server
) -> None:
    says = {**REQUIRED, "name": "long", "context.reason": "ü" * 4000}
    says["scheduled.details.title"] = "語" * 200
    assert (await sent(desk, FORM, says)).status_code == 303
    with Connection(server.address) as connection:
        assert connection.history("long")[-1].reason == "ü" * 4000
    form = await opened(desk, "/visits/long/correct?change=1")
    assert form.values["corrected.reason"] == "ü" * 4000
    longer = await sent(desk, FORM, {**REQUIRED, "context.reason": "x" * 4001})
    assert longer.status_code == 422
    assert 'id="f-context-reason-error"' in longer.text
    assert Inputs(longer.text).values["context.reason"] == "x" * 4001


@pytest.mark.parametrize("text", [HTML, RIGHT_TO_LEFT], ids=["html", "rtl"])
async def test_html_and_other_directions_are_shown_as_text_in_every_field(
    desk: httpx.AsyncClient, server: Server, text: str
) -> None:
    said = {}
    form = FORMS["defer"]
    rows = ("context.basis[0]", "context.sources[0]")
    more = [f"deferred.details.{name}[0]" for name in ("destinations", "related")]
    rows += (*more, "deferred.details.host.counterparts[0]")  # type: ignore[assignment]
    for leaf in leaves((*form.content(opens=True), *form.context()), rows):
        if leaf.kind in ("line", "text", "lines") and leaf.said.name not in ("country", "url"):
            said[leaf.path] = text
    name = f"strange-{len(text)}"
    said |= {
        "name": name,
        "context.basis[0].side": "guest",
        "context.basis[0].attribution": "document",
        "context.sources[0].side": "third",
        "context.sources[0].attribution": "document",
        "deferred.condition.side": "host",
        "deferred.details.related[0].relation": "continues",
        "deferred.details.related[0].name": "another",
    }
    # An organisation and a country are not said together; here only the former is.
    refused = await sent(desk, "/visits/new?change=defer", {**said, "name": text})
    assert refused.status_code == 422
    _is_harmless(refused.text)
    answer = await sent(desk, "/visits/new?change=defer", said)
    assert answer.status_code == 303
    for address in (f"/visits/{name}/amend", f"/visits/{name}/correct?change=1"):
        page = (await desk.get(address)).text
        _is_harmless(page)
        assert text in Inputs(page).values.values()
    with Connection(server.address) as connection:
        assert connection.visit(name).title == text


def _is_harmless(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img" not in page
    assert ">49" not in page


async def test_no_body_breaks_a_form(desk: httpx.AsyncClient, server: Server) -> None:
    with Connection(server.address) as connection:
        connection.schedule("tried", title="t", principal="p", aliases=["tried-1"])
        connection.postpone("tried")
    chance = random.Random(19)
    texts = ["", " ", "1", "0", "-1", "9" * 30, "2023-02-30", "2023", "x" * 300, "guest", "\x00"]
    texts += ["٣", "²", "\ud83d\ude00", "\u202e", "a:b", "visits/x", "\r\n\r\n", HTML, "ÿ" * 4001]
    addresses = [f"/visits/tried/{action}?change={n}" for action in FORMS for n in (1, 2, 9, "x")]
    addresses += [f"/visits/new?change={action}" for action in (*FORMS, "x")] + ["/visits/no/amend"]
    seen = set()
    for _ in range(examples(100)):
        address = chance.choice(addresses)
        form = Inputs((await desk.get(address)).text)
        body = dict(form.values) | {"officer": OFFICER, "do": "record"}
        for name in chance.sample(sorted(form.names), min(len(form.names), chance.randint(0, 6))):
            body[name] = chance.choice(texts)
        if chance.random() < 0.3:
            body["do"] = chance.choice(["more:context.basis", "more:x[", "more:", "less", "x" * 99])
        if chance.random() < 0.3:
            odd = ["context.basis[7].side", "context.basis[99999].side", "position", "confirm", "["]
            body[chance.choice(odd)] = chance.choice(texts)
        raw = urlencode(body, errors="surrogatepass")
        if chance.random() < 0.2:
            cut = chance.randrange(len(raw) + 1)
            raw = raw[:cut] + chance.choice(["%", "%zz", "&&==", ";", quote("\x00")]) + raw[cut:]
        answer = await desk.post(address, content=raw, headers=ENCODED)
        assert answer.status_code < 500, (address, raw)
        seen.add(answer.status_code)
    assert seen >= {200, 303, 400, 404, 409, 422} or len(seen) > 2


async def test_a_form_that_was_not_changed_amends_nothing_whatever_blanks_it_has(
    desk: httpx.AsyncClient, server: Server
) -> None:
    with Connection(server.address) as connection:
        connection.schedule(
            "blanks", title="two\nlines", principal="p\np", purpose="\na\n\nb", aliases=["c\nd"]
        )
    sends = await filled(desk, "/visits/blanks/amend", {})
    sends = {name: text.replace("\n", "\r\n") for name, text in sends.items()}
    sends["amended.details.title"] = "two lines"  # what an input of one line makes of it
    answer = await desk.post("/visits/blanks/amend", data=sends)
    assert answer.status_code == 422
    assert "Nothing is changed" in answer.text
