"""``make record``: the whole official record is loaded, and answers as docs/record.md says."""

from collections.abc import Callable
from pathlib import Path

from tests.docs.test_record import QUESTIONS
from tests.model.stories import data
from tests.support.server import Server


def test_the_record_answers_as_the_document_says(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server()
    (tmp_path / "historyatstate").symlink_to(data("historyatstate"))
    for question in QUESTIONS:
        assert question.run(server.address, tmp_path) == question.answer, question
