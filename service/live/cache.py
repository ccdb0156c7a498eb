"""A bounded cache that keeps what was used last."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from typing import TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class Bounded(OrderedDict[Key, Item]):
    """The items used last, up to ``size``, and those that are held."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._held: dict[Key, int] = {}

    def use(self, key: Key) -> Item | None:
        """The item of a key, or None. It counts as used, so it is dropped last."""
        item = self.get(key)
        if item is not None:
            self.move_to_end(key)
        return item

    def keep(self, key: Key, item: Item) -> None:
        """Set the item of a key, and drop the items not used for longest."""
        self[key] = item
        self.move_to_end(key)
        self._trim()

    @contextmanager
    def hold(self, keys: Iterable[Key]) -> Iterator[None]:
        """Keep these keys within the context, whether they are there yet or not."""
        held = frozenset(keys)
        self.acquire(held)
        try:
            yield
        finally:
            self.release(held)

    def acquire(self, keys: Set[Key]) -> None:
        """Keep these keys until they are released as often as they were acquired."""
        for key in keys:
            self._held[key] = self._held.get(key, 0) + 1

    def release(self, keys: Set[Key]) -> None:
        """Undo one ``acquire`` of these keys."""
        for key in keys:
            left = self._held.pop(key) - 1
            if left:
                self._held[key] = left
        self._trim()

    def _trim(self) -> None:
        while len(self) > self._size:
            oldest = next((key for key in self if key not in self._held), None)
            if oldest is None:
                return
            del self[oldest]
