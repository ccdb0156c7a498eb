"""LibreOffice opens a sheet of visits, saves it, and changes nothing in it.

``make foreign`` installs LibreOffice Calc and runs this file.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli import sheet
from tests.cli.desk import Desk
from tests.cli.sheet import SHEET
from tests.support.server import PATIENCE, Server

FORMULA = re.compile(r"<f[ >/]")


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Path, str], Path]:
    """Opens a file in LibreOffice, and saves it as another kind."""

    def converted(file: Path, kind: str) -> Path:
        folder = tmp_path / kind
        done = subprocess.run(
            [
                *("soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"),
                *("--convert-to", kind, "--outdir", folder, file),
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        found = folder / f"{file.stem}.{kind}"
        assert found.exists(), done.stdout + done.stderr
        return found

    return converted


def formulas(workbook: Path) -> int:
    """How many cells of a workbook are formulas."""
    with ZipFile(workbook) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return sum(len(FORMULA.findall(parts.read(name).decode())) for name in sheets)


def test_no_cell_becomes_a_formula_and_each_text_is_what_was_written(
    saved: Callable[[Path, str], Path],
) -> None:
    """As a workbook, and as CSV that is saved from the workbook."""
    workbook = saved(SHEET, "xlsx")
    assert formulas(workbook) == 0
    assert sheet.cells(saved(workbook, "csv").read_bytes()) == sheet.cells(SHEET.read_bytes())


def test_a_sheet_without_apostrophes_has_formulas(
    saved: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    """The control: LibreOffice does make formulas of what it reads."""
    naked = tmp_path / "naked.csv"
    naked.write_bytes(SHEET.read_bytes().replace(b"'=", b"="))
    assert formulas(saved(naked, "xlsx")) > 0


def test_what_libreoffice_saves_comes_in_as_what_was_exported(
    saved: Callable[[Path, str], Path], own_server: Server
) -> None:
    file = saved(saved(SHEET, "xlsx"), "csv")
    found = sheet.out_again(Desk(own_server.address), file)
    assert sheet.facts(found) == sheet.facts(SHEET.read_bytes())
