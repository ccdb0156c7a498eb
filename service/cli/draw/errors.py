"""Why a call failed, for a person: what is wrong, and what is allowed instead."""

from rich.text import Text

from chancery.client import ChanceryError


def explain(error: ChanceryError, repeat_with: str = "") -> Text:
    """Explain the error of a call, and what to do about it.

    ``repeat_with`` are the options with which a change can be repeated safely, if one was
    requested.
    """
    lines = [str(error)]
    if repeat_with and error.is_in_doubt:
        lines.append(
            "The change may have been recorded. To repeat the request without recording it twice, "
            f"add {repeat_with}"
        )
    word = "Refused" if error.is_refusal else "Failed"
    return Text.assemble((f"{word}: ", "bold red"), "\n".join(lines))
