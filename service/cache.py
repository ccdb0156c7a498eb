"""A cache with a bound."""

from collections import OrderedDict
from typing import TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class Bounded(OrderedDict[Key, Item]):
    """A dictionary of the items that were used last."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def use(self, key: Key) -> Item | None:
        """The item of a key, which is then the last to go; None if there is none."""
        item = self.get(key)
        if item is not None:
            self.move_to_end(key)
        return item

    def keep(self, key: Key, item: Item) -> None:
        """Set the item of a key, and drop the one that was not used for longest."""
        self[key] = item
        self.move_to_end(key)
        if len(self) > self._size:
            self.popitem(last=False)
