"""How many examples a property is tried with."""

import os

_TIMES = float(os.environ.get("CHANCERY_EXAMPLES", "1"))


def examples(number: int) -> int:
    """So many, of which ``make quick`` takes a tenth and ``make torture`` ten times as many."""
    return max(1, round(number * _TIMES))
