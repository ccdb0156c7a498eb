"""What a person sees if the input or the output stream is at fault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.exchange.table.table import schedule, table


def chancery(*args: bytes, stdout: int | None = None) -> tuple[int, str]:
    """The exit status of a command line in its own process, and its error output."""
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *args],
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=30,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("args", [(b"show", b"y\xff"), (b"cancel", b"x", b"--reason", b"bad\xff")])
def test_what_is_not_utf_8_is_a_mistake_in_usage(args: tuple[bytes, ...]) -> None:
    assert chancery(*args) == (2, "The command line is not valid UTF-8\n")


def test_a_full_disk_behind_the_output_is_a_failure_with_a_message() -> None:
    with Path("/dev/full").open("wb") as full:
        status, complaint = chancery(b"--help", stdout=full.fileno())
    assert status == 1
    assert "No space left on device" in complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize("form", [b"", b"--json"])
def test_output_that_nobody_reads_is_no_failure(desk: Desk, form: bytes) -> None:
    """As with ``chancery history | head -1``, where head has ended."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as unread:
        args = [b"history", b"--target", desk.env["CHANCERY_TARGET"].encode(), form]
        assert chancery(*filter(None, args), stdout=unread.fileno()) == (0, "")


@pytest.mark.parametrize("form", ["", "--json"], ids=["words", "json"])
def test_an_import_that_nobody_reads_is_a_success_only_if_all_is_recorded(
    desk: Desk, tmp_path: Path, form: str
) -> None:
    """With --json it stops at the first result that it cannot tell, and says so."""
    file, server = tmp_path / "table.csv", desk.env["CHANCERY_TARGET"]
    file.write_bytes(table(*(schedule(f"unread{form}-{n}") for n in range(500))))
    command = f"import {file} --target {server} {form}".encode().split()
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as unread:
        status, complaint = chancery(*command, stdout=unread.fileno())
    assert (status, complaint.startswith("Stopped before the end.")) == (
        (1, True) if form else (0, False)
    )
