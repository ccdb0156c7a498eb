"""What somebody may have written into a page token."""

from typing import Any

FORGED: list[Any] = [
    None,
    "x",
    True,
    -1,
    1.5,
    1e300,
    10**30,
    -(10**30),
    [],
    {},
    ["a"],
    ["a", "b", "c"],
    [1, 2],
    ["a", 2],
    [{}, "a"],
    [[], "a"],
    ["a", {}],
    ["a", None],
    [10**30, "a"],
    [1.5, "a"],
    ["\x00", "\x00"],
    [True, "a"],
]
