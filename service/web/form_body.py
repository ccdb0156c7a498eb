"""What a browser sends of a form, within bounds."""

import re
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from service.limits import FORM_BYTES, FORM_FIELDS

ENCODED = "application/x-www-form-urlencoded"


async def sent(request: Request) -> dict[str, str]:
    """What was sent, by the name of the input, without blanks at the ends and carriage returns.

    :raises HTTPException: it is no form, or larger than any form of the board.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ENCODED:
        raise HTTPException(415, f"A form comes as {ENCODED}.")
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES:
                raise HTTPException(413, "That is more than a form of this board may say.")
    except ClientDisconnect:
        raise HTTPException(400, "The form did not come to its end.") from None
    return parsed(bytes(body))


def parsed(body: bytes) -> dict[str, str]:
    """The inputs of a form.

    :raises HTTPException: there are too many of them, or one of them comes twice.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=FORM_FIELDS,
            encoding="utf-8",
            errors="strict",
        )
    except UnicodeError:
        raise HTTPException(400, "The form is not written in UTF-8.") from None
    except ValueError:
        raise HTTPException(400, f"The form has more than {FORM_FIELDS} fields.") from None
    inputs = {name: text.replace("\r\n", "\n").strip() for name, text in pairs}
    if len(inputs) < len(pairs):
        raise HTTPException(400, "A field of the form came twice.")
    return inputs


def number(text: str | None) -> int | None:
    """A number of a change; None if it is none."""
    is_number = text is not None and re.fullmatch(r"\d{1,9}", text, re.ASCII)
    return int(text) if text and is_number else None
