"""The text of playbooks: YAML or JSON, of which every scalar is read as the text that it is.

So ``NO`` is Norway and ``2023-06`` a month. Nothing may refer to another part of the file, and no
key may stand twice.
"""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import IO, Any

import yaml

Plain = dict[str, Any] | list[Any] | str

# The one in C, where PyYAML has it.
_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
# What a plain scalar says that says nothing.
_NOTHING = ("", "~", "null")
WIDTH = 100
# Bytes of a file that are enough to tell JSON.
HEAD = 4096


class Block(dict[str, Any]):
    """A mapping, and the line on which it begins; 0 if that is not known."""

    line = 0


class Unreadable(ValueError):
    """The text is neither YAML nor JSON from some line on."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def documents(file: IO[bytes]) -> Iterator[Any]:
    """The documents of a file: of YAML each as it is read, of JSON the one, or each of its list.

    Scalars are texts, and mappings are blocks.

    :raises Unreadable: it is neither from some line on.
    """
    begin = file.read(HEAD).removeprefix(BOM_UTF8).lstrip()
    file.seek(0)
    try:
        if begin.startswith((b"{", b"[")):
            document = _of_json(file.read())
            yield from document if isinstance(document, list) else [document]
            return
        for document in yaml.load_all(file, _Loader):
            _check_single(document, set())
            yield from document if isinstance(document, list) else [document]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise Unreadable(line, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise Unreadable(0, f"not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise Unreadable(0, "nested too deeply") from None


def written(document: Plain) -> str:
    """A document as YAML, which any reader of YAML reads as the same texts."""
    return str(
        yaml.dump(
            document,
            Dumper=_Dumper,
            allow_unicode=True,
            default_flow_style=None,
            explicit_start=True,
            sort_keys=False,
            width=WIDTH,
        )
    )


class _Loader(_Base):  # type: ignore[misc]
    """Reads scalars as texts, and mappings as blocks."""

    def construct_scalar(self, node: Any) -> str:
        text = str(super().construct_scalar(node))
        return "" if not node.style and text in _NOTHING else text

    def construct_mapping(self, node: Any, deep: bool = False) -> Block:
        block = Block()
        block.line = node.start_mark.line + 1
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=deep)
            mark = key_node.start_mark
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(problem="a key has to be a text", problem_mark=mark)
            if key in block:
                reason = f"the key {key!r} stands twice"
                raise yaml.MarkedYAMLError(problem=reason, problem_mark=mark)
            block[key] = self.construct_object(value_node, deep=deep)
        return block


def _check_single(part: Any, seen: set[int]) -> None:
    """Refuse what refers to another part of the document: read in full it could be endless."""
    if isinstance(part, str):
        return
    if id(part) in seen:
        raise Unreadable(getattr(part, "line", 0), "it refers to another part by *: write it out")
    seen.add(id(part))
    for inner in part.values() if isinstance(part, dict) else part:
        _check_single(inner, seen)


def _of_json(data: bytes) -> Any:
    try:
        return _as_texts(json.loads(data, object_pairs_hook=_block))
    except UnicodeDecodeError:
        raise Unreadable(0, "not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise Unreadable(error.lineno, f"not JSON: {error.msg}") from None


def _block(pairs: list[tuple[str, Any]]) -> Block:
    block = Block()
    for key, content in pairs:
        if key in block:
            raise Unreadable(0, f"the key {key!r} stands twice")
        block[key] = _as_texts(content)
    return block


def _as_texts(content: Any) -> Any:
    if isinstance(content, list):
        return [_as_texts(each) for each in content]
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, str | Block):
        return content
    return "" if content is None else str(content)
