"""What a log line shows: no more than so much of each field, and nothing that acts or hides.

JSON is no protection for a terminal: it leaves U+007F to U+009F, and what turns the direction of
text, as they are.
"""

import re
import traceback
from types import TracebackType
from typing import Any

from service.limits import LOG_FIELD

# A backslash, and by Unicode category what does not show as itself: controls (Cc), formats (Cf),
# line and paragraph separators, halves of characters (Cs). Then what shows as nothing besides.
_HIDDEN = (
    "\\\\"
    "\x00-\x1f\x7f-\x9f"
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\u2028\u2029\ud800-\udfff"
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff"
)
_HIDDEN_ONE = re.compile(f"[{_HIDDEN}]")
# The most calls that are shown of those that led to a defect, the innermost first.
_CALLS = 20


def shown(text: str) -> str:
    """The text, cut, and with each character escaped that is not to be seen, such as \\x1b."""
    if len(text) > LOG_FIELD:
        text = f"{text[:LOG_FIELD]}..."
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return _HIDDEN_ONE.sub(_escape, text)


def fields_shown(line: dict[str, Any]) -> dict[str, Any]:
    """A line with each text as it is shown. What is neither text nor number becomes text."""
    return {name: _value_shown(value) for name, value in line.items()}


def _value_shown(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    return value if isinstance(value, int | float | None) else shown(str(value))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] == "\\":
        return r"\\"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def defect_shown(error: BaseException) -> dict[str, str]:
    """What a line says of an error: its type, where it was raised, and of what it came.

    It does not say its message, which may have what a caller sent, or SQL with it.
    """
    told = {"error": type(error).__name__, "where": _calls(error.__traceback__)}
    if (cause := error.__cause__) is not None:
        told["cause"] = f"{type(cause).__name__} at {_calls(cause.__traceback__)}"
    return told


def _calls(begin: TracebackType | None) -> str:
    """The calls that led to an error, the innermost first."""
    frames = [(f.f_globals.get("__name__"), n, f.f_code) for f, n in traceback.walk_tb(begin)]
    return ", ".join(
        f"{module}:{number} {code.co_name}" for module, number, code in frames[: -_CALLS - 1 : -1]
    )
