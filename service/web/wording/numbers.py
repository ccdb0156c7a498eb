"""Numbers and lists as people say them."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

_WORDS = tuple(
    "no one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
)


def number(amount: int) -> str:
    """``four``; from 13 on ``13``, and ``1,204``."""
    return _WORDS[amount] if 0 <= amount < len(_WORDS) else f"{amount:,}"


def plural(amount: int, noun: str, nouns: str = "") -> str:
    """``1 day``, ``4 days``."""
    return f"{amount:,} {noun if amount == 1 else nouns or noun + 's'}"


def count(amount: int, noun: str, nouns: str = "") -> str:
    """``one visit``, ``four visits``, ``no visits``, ``13 visits``."""
    return f"{number(amount)} {noun if amount == 1 else nouns or noun + 's'}"


def listed(parts: Iterable[str], last: str = "and") -> Markup:
    """``2``, ``2 and 3``, ``2, 3 and 4``. Text is escaped."""
    *first, end = list(parts) or [""]
    if not first:
        return Markup("{}").format(end)
    return Markup("{} {} {}").format(Markup(", ").join(first), last, end)


def changes(versions: Sequence[int]) -> str:
    """``change 2``, ``changes 2 and 3``, ``changes 2, 3 and 4``."""
    return f"change{'s' if len(versions) > 1 else ''} {listed(map(str, versions))}"
