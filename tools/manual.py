"""Write the manual pages of the command line, and what completes it in bash, zsh and fish.

``make manual`` writes them below ``deploy/share``, from where the server's wheel takes them. With
``--check`` this says whether they are as they would be written.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]
from typer.core import TyperArgument, TyperGroup

from service.cli.app import EPILOG, build

SHARE = Path(__file__).parents[1] / "deploy" / "share"
NAME = "chancery"
COMPLETIONS = {
    "bash": f"bash-completion/completions/{NAME}",
    "zsh": f"zsh/site-functions/_{NAME}",
    "fish": f"fish/vendor_completions.d/{NAME}.fish",
}
OPTION = re.compile(r"(--?[\w-]+)(?: (.+))?")


def completion(shell: str) -> str:
    """What a shell reads to complete the command line."""
    variable = f"_{NAME.upper()}_COMPLETE"
    script = get_completion_script(prog_name=NAME, complete_var=variable, shell=shell)
    if shell == "zsh":  # zsh calls the file itself, the first time
        script += f'\n_{NAME}_completion "$@"'
    return script.strip() + "\n"


def pages(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    """The pages of a command and of those below it: the file of each, and what is in it."""
    yield f"man/man1/{_name(context)}.1", _page(command, context)
    for each, below in _below(command, context):
        yield from pages(each, below)


def written() -> dict[Path, str]:
    """All that is written: each file, and what is in it."""
    command = typer.main.get_command(build())
    found = dict(pages(command, command.context_class(command, info_name=NAME)))
    found |= {path: completion(shell) for shell, path in COMPLETIONS.items()}
    return {SHARE / path: text for path, text in found.items()}


def _name(context: Any) -> str:
    """The name of a command's page."""
    return str(context.command_path).replace(" ", "-")


def _below(command: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """The commands of a group, each in its context."""
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            each: Any = command.get_command(context, name)
            yield each, each.context_class(each, info_name=name, parent=context)


def _page(command: Any, context: Any) -> str:
    """A manual page, in the macros of man(7)."""
    first, *rest = _paragraphs(command.help)
    lines = [
        f'.\\" Made by `make manual` from {NAME} itself: change that.',
        f'.TH {_name(context).upper()} 1 "" Chancery "Manual of Chancery"',
        ".ad l",
        ".SH NAME",
        f"{_roff(_name(context))} \\- {_roff(first.rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_roff(context.command_path)}",
        *map(_roff, command.collect_usage_pieces(context)),
        *(".SH DESCRIPTION" for _ in rest[:1]),
        *_joined(map(_roff, rest), ".PP"),
    ]
    records: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            records[isinstance(parameter, TyperArgument)].append(record)
    for heading, found in (("ARGUMENTS", records[True]), ("OPTIONS", records[False])):
        lines += [f".SH {heading}" for _ in found[:1]]
        for how, what in found:
            lines += [".TP", _declared(how), _roff(what)]
    lines += _listed(command, context)
    if context.parent is None:
        lines += [".SH EXIT STATUS", _roff(EPILOG.removeprefix("Exit status: "))]
    else:
        lines += [".SH SEE ALSO", f".BR {_roff(_name(context.parent))} (1)"]
    return "\n".join(lines) + "\n"


def _listed(command: Any, context: Any) -> Iterator[str]:
    """The commands below a command, under what they are for."""
    panel = None
    below = sorted(_below(command, context), key=lambda each: each[0].rich_help_panel or "")
    for each, inner in below:
        if each.rich_help_panel != panel or panel is None:
            panel = each.rich_help_panel or "Commands"
            yield f".SH {panel.upper()}"
        yield from (".TP", f".BR {_roff(_name(inner))} (1)", _roff(_paragraphs(each.help)[0]))


def _declared(how: str) -> str:
    """An option with its value, or an argument: what is typed is bold, the rest is italic."""
    if match := OPTION.fullmatch(how):
        return f".BI {_roff(match[1])}" + (f' " {_roff(match[2])}"' if match[2] else "")
    return f".I {_roff(how)}"


def _paragraphs(text: str) -> list[str]:
    return [" ".join(each.split()) for each in re.split(r"\n\s*\n", text.strip())]


def _joined(lines: Iterator[str], between: str) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number:
            yield between
        yield line


def _roff(text: str) -> str:
    """Text as it is, for roff: nothing in it is a command."""
    text = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    text = text.replace("'", "\\(aq")
    return f"\\&{text}" if text.startswith(".") else text


def main(*options: str) -> None:
    """Write the files, or compare them with what would be written."""
    files = written()
    there = {path for path in SHARE.rglob("*") if path.is_file()}
    if "--check" in options:
        stale = [path for path, text in files.items() if path not in there or _differs(path, text)]
        if stale or there - files.keys():
            names = ", ".join(sorted(path.name for path in {*stale, *(there - files.keys())}))
            sys.exit(f"Not those of the command line: {names}. Run make manual")
        return
    for path in there - files.keys():
        path.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _differs(path: Path, text: str) -> bool:
    return path.read_text(encoding="utf-8") != text


if __name__ == "__main__":
    main(*sys.argv[1:])
