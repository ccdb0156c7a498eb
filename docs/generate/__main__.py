"""``python -m docs.generate FOLDER``: write the references into a folder, by their paths.

The image of the contract, with its source info, comes on standard input: `buf build protos -o -`.
"""

import sys
from pathlib import Path

from docs.generate import client
from docs.generate.api import api
from docs.generate.commands import commands
from docs.generate.comments import comments
from docs.generate.errors import errors
from docs.generate.log_lines import log_lines
from docs.generate.metrics import metrics
from docs.generate.openapi import openapi
from docs.generate.settings import settings


def main() -> None:
    """Write the documents."""
    said = comments(sys.stdin.buffer.read())
    documents = {
        "docs/api.md": api(said),
        "docs/errors.md": errors(said),
        "docs/client.md": client.document(),
        "docs/commands.md": commands(),
        "docs/settings.md": settings(),
        "docs/metrics.md": metrics(),
        "docs/log-lines.md": log_lines(),
        "service/web/gateway/openapi.json": openapi(said),
    }
    for name, text in documents.items():
        file = Path(sys.argv[1], name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


main()
