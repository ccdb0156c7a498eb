"""What a visit's state answers, in the words of the naive transcription."""

from domain.standing import standing
from domain.state import State
from tests.domain import naive


def answer(state: State) -> naive.Answer:
    """A state in the words of the naive transcription."""
    return naive.Answer(
        state.status,
        state.details,
        state.window,
        list(state.previous_windows),
        state.held_window,
        list(state.conditions.values()),
        list(state.statements.values()),
        standing(state) if state.status is not None else None,
        state.merged_into,
    )
