"""What may end while the tests go on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self


class Endings:
    """Ends in the background what a test no longer needs; whatever fails, fails the run."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(8, "ending")
        self._ending: list[tuple[str, Future[None]]] = []

    def soon(self, what: str, end: Callable[[], None]) -> None:
        """End something, which has a name, and do not wait for it."""
        self._ending.append((what, self._pool.submit(end)))

    def wait(self) -> None:
        """Wait until all has ended."""
        self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.wait()
        failed = []
        for what, ending in self._ending:
            if (failure := ending.exception()) is not None:
                failure.add_note(f"in the background, at the end of {what}")
                failed.append(failure)
        if failed:
            raise BaseExceptionGroup("what ended in the background had failed", failed)
