"""Where stories come from."""

import json
import os
from pathlib import Path

import pytest

from tests.model.terms import Json
from tests.stories import clerk, mending, opening, standing, times

# The project's own.
OWN: list[Json] = [
    *opening.STORIES,
    *standing.STORIES,
    *mending.STORIES,
    *times.STORIES,
    *clerk.STORIES,
]


def read_stories(path: Path) -> list[Json]:
    """The stories of a file, one a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def data(name: str) -> Path:
    """A file of the folder of data that CHANCERY_DATA names.

    :raises pytest.skip.Exception: when there is none, saying so.
    """
    folder = os.environ.get("CHANCERY_DATA")
    if not folder:
        pytest.skip("CHANCERY_DATA names no folder of data")
    path = Path(folder, name)
    if not path.exists():
        pytest.skip(f"there is no {name} in the folder that CHANCERY_DATA names")
    return path
