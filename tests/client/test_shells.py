"""The synchronous client is made from the asynchronous one."""

import inspect
import subprocess
import sys

import pytest

from chancery.client import AsyncConnection, AsyncMessages, Connection, Messages
from tests.support.wheels import ROOT


def test_the_synchronous_shell_is_as_the_asynchronous_one_makes_it() -> None:
    command = [sys.executable, f"{ROOT}/tools/shells.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def methods(kind: type) -> dict[str, list[str]]:
    """The public methods and properties of a class, with their parameters."""
    public = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {
        name: [str(each) for each in inspect.signature(member).parameters]
        if callable(member)
        else []
        for name, member in public.items()
    }


@pytest.mark.parametrize(
    ("one", "other"), [(Connection, AsyncConnection), (Messages, AsyncMessages)]
)
def test_both_clients_have_the_same_methods(one: type, other: type) -> None:
    assert methods(one) == methods(other)
