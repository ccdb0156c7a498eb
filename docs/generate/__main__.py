"""``python -m docs.generate FOLDER``: write the documents into a folder.

The image of the contract, with its source info, comes on standard input: `buf build protos -o -`.
"""

import sys
from pathlib import Path

from docs.generate import client
from docs.generate.api import api
from docs.generate.comments import comments
from docs.generate.errors import errors


def main() -> None:
    """Write the documents."""
    said = comments(sys.stdin.buffer.read())
    documents = {"api.md": api(said), "errors.md": errors(said), "client.md": client.document()}
    for name, text in documents.items():
        Path(sys.argv[1], name).write_text(text, encoding="utf-8")


main()
