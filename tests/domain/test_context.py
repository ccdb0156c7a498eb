"""What a command is given besides its values."""

from dataclasses import replace

from domain.checks import Context
from tests.domain.builders import at, context


def test_a_context_at_another_time_is_otherwise_the_same() -> None:
    """A change that waits is decided at a later time."""
    asked = context(effective="2023-05", reason="why", expected_version=3)
    later = asked.at(at("2023-10-19 12:00"))
    assert later == replace(asked, now=at("2023-10-19 12:00"))
    assert isinstance(later, Context)
    assert asked == context(effective="2023-05", reason="why", expected_version=3)
