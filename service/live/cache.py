"""A bounded cache that keeps what was used last."""

from collections import OrderedDict
from typing import TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class Bounded(OrderedDict[Key, Item]):
    """The items used last, up to ``limit``."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def use(self, key: Key) -> Item | None:
        """The item of a key, or None. It counts as used, so it is dropped last."""
        item = self.get(key)
        if item is not None:
            self.move_to_end(key)
        return item

    def keep(self, key: Key, item: Item) -> None:
        """Set the item of a key, and drop the item not used for longest if there are too many."""
        self[key] = item
        self.move_to_end(key)
        if len(self) > self._limit:
            self.popitem(last=False)
