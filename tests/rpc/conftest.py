"""Names of visits, so that the tests of a module share a server and no visit."""

from itertools import count

import pytest

pytest.register_assert_rewrite("tests.rpc.watching")

_numbers = count(1)


@pytest.fixture
def name() -> str:
    """The name of a visit that no other test of this run uses."""
    return f"visits/blinken-{next(_numbers)}"


@pytest.fixture
def other_name() -> str:
    """Another such name."""
    return f"visits/blinken-{next(_numbers)}"
