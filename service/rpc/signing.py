"""Checkpoints in the core: what edges ask for, signed together once a turn."""

from collections.abc import Callable

from service.audit.signing import Signer
from service.link.frames import Answer, AskCheckpoint
from service.rpc.recording import Reply, failed


class Signing:
    """Signs what edges ask for. ``end`` says where the log ends."""

    def __init__(self, signer: Signer, end: Callable[[], int]) -> None:
        self._signer = signer
        self._end = end
        self._asked: list[tuple[AskCheckpoint, Reply]] = []

    def ask(self, asked: AskCheckpoint, reply: Reply) -> None:
        """Take what is asked, for the next turn."""
        self._asked.append((asked, reply))

    def turn(self) -> None:
        """Sign all that was asked. One new checkpoint is noted at most: that of the log now."""
        waiting, self._asked = self._asked, []
        size: int | None = None
        for asked, reply in waiting:
            try:
                size = self._end() if size is None else size
                newest = self._signer.checkpoint(size)
                note = self._signer.checkpoint(asked.size) if asked.size else newest
                reply(Answer(asked.number, note.encode()))
            except Exception as error:
                reply(failed(asked, error))
