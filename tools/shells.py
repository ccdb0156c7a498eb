"""Make the client's synchronous shell from the asynchronous one, by leaving out what waits.

``make shells`` writes it, and with ``--check`` this says whether it is as it would be written.
"""

import re
import subprocess
import sys
from pathlib import Path

SHELLS = Path(__file__).parents[1] / "client" / "chancery" / "client" / "shells"
NOTICE = "# Made by `make shells` from {}: change that file.\n"
# Written by hand on both sides, since each knows its own channel.
TRANSPORT = "async_transport.py"
REPLACED = {
    r"\basync (def|with|for)\b": r"\1",
    r"\bawait ": "",
    r"\basync_(\w+)": r"sync_\1",
    r"\bgrpc\.aio\b": "grpc",
    r"\bAsync(?=[A-Z])": "",
    r"__a(enter|exit|iter|next)__": r"__\1__",
    r"\bStopAsync": "Stop",
    r"\ba(next|iter)\(": r"\1(",
    # What may be either is there an iterable.
    r"Iterable\[([\w.]+)\] \| Iterable\[\1\]": r"Iterable[\1]",
}


def synchronous(source: Path) -> str:
    """The synchronous counterpart of a file, formatted."""
    text = source.read_text()
    for pattern, replacement in REPLACED.items():
        text = re.sub(pattern, replacement, text)
    for command in (["check", "--quiet", "--select", "I", "--fix"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(source), "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return NOTICE.format(source.name) + text


def main(*options: str) -> None:
    """Write the files, or compare them with what would be written."""
    stale = []
    for source in sorted(SHELLS.glob("async_*.py")):
        if source.name == TRANSPORT:
            continue
        target = source.with_name(source.name.removeprefix("a"))
        text = synchronous(source)
        if "--check" not in options:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            stale.append(target.name)
    if stale:
        sys.exit(f"Not made from the asynchronous shell: {', '.join(stale)}. Run make shells")


if __name__ == "__main__":
    main(*sys.argv[1:])
