"""One test for many small cases, where a test for each would cost more than the case does."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import pytest

Test = Callable[..., None]


def each(name: str | Sequence[str], cases: Sequence[Any]) -> Callable[[Test], Test]:
    """Give a test each of the cases, by this name or by these, as a subtest that tells the case.

    They share what the test's fixtures made: a case has to leave nothing behind that another one
    could see. There has to be a case.
    """
    names = [name] if isinstance(name, str) else name

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(subtests: pytest.Subtests, **fixtures: Any) -> None:
            assert cases, f"there is no {name} to test with"
            for number, case in enumerate(cases):
                values = [case] if isinstance(name, str) else case
                with subtests.test(f"{number}: {str(case)!a:.200}"):
                    test(**fixtures, **dict(zip(names, values, strict=True)))

        signature = inspect.signature(test)
        asked = [it for it in signature.parameters.values() if it.name not in names]
        asked.append(inspect.signature(run, follow_wrapped=False).parameters["subtests"])
        run.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined]
        return run

    return decorate
