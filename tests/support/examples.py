"""How many examples a property is tried with."""

import os


def examples(number: int) -> int:
    """So many, of which ``make quick`` takes a tenth."""
    return number // 10 if os.environ.get("CHANCERY_QUICK") else number
