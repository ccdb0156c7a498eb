"""What an auditor keeps, and what somebody may have done to it."""

import os
import pty
from dataclasses import dataclass
from pathlib import Path

from service.tlog.bundle import Bundle
from service.tlog.note import Checkpoint, Note, VerifierKey
from service.tlog.parts import CONTENT
from tests.cli.desk import Desk
from tests.support.processes import PIPE, Process


@dataclass(frozen=True)
class Evidence:
    """A folder with an early checkpoint, and the public key in a file."""

    folder: Path
    desk: Desk
    key: VerifierKey

    @classmethod
    def of(cls, desk: Desk, folder: Path) -> "Evidence":
        """The evidence of the desk's log as it is now."""
        (folder / "kept.txt").write_text(desk.does("checkpoint"))
        key = VerifierKey.parse(desk.reads("info")["public_key"])
        (folder / "key.txt").write_text(f"# The operator, by telephone\n\n{key}\n")
        return cls(folder, desk, key)

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def exported(self, name: str, options: str = "") -> Path:
        """A bundle exported now, under that name."""
        self.desk.does(f"export --bundle {self / name} {options}")
        return self / name

    def written(self, name: str, content: str | bytes) -> Path:
        """A file in the folder with this content."""
        data = content.encode() if isinstance(content, str) else content
        (self / name).write_bytes(data)
        return self / name

    @property
    def kept(self) -> Checkpoint:
        """The checkpoint that was kept."""
        return Checkpoint.parse(Note.parse((self / "kept.txt").read_text()).text)


def flipped(bundle: Path, position: int) -> Path:
    """A copy of the bundle with one bit flipped, in the last byte of the content at a position."""
    data = bytearray(bundle.read_bytes())
    with bundle.open("rb") as file:
        (entry,) = (e for _, e in Bundle(file).entries() if e.position == position)
    content = entry.parts[CONTENT].content
    assert content is not None
    data[data.index(content, data.index(entry.leaf_hash)) + len(content) - 1] ^= 1
    altered = bundle.with_name(f"flipped-{position}")
    altered.write_bytes(data)
    return altered


def at_a_terminal(*args: object) -> tuple[str, str]:
    """The output of a successful command to a pipe, and what it shows on a terminal."""
    ours, theirs = pty.openpty()
    with Process(["-m", "service.cli", *args], stdout=PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                shown += chunk
        except OSError:  # the terminal's other end is closed
            pass
        assert process.stdout is not None
        answer = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0, shown
    return answer, shown.decode()
