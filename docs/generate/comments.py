"""The comments of the contract. Only its image has them: the generated Python does not."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

PACKAGE = "chancery.v1"

# By the full names of what they are about; that of the package by its own. A value of an enum is
# named within it.
Comments = Mapping[str, str]


def comments(image: bytes) -> Comments:
    """The comments in an image of `buf build`."""
    found: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(image).file:
        if file.package == PACKAGE:
            said = {tuple(at.path): at.leading_comments for at in file.source_code_info.location}
            for path, name in _named(file):
                if said.get(path):
                    found[name] = _without_margin(said[path])
    return found


def text(comment: str) -> str:
    """A comment as Markdown: each paragraph, and each item of a list, in one line."""
    parts = [" ".join(part.split()) for part in re.split(r"\n\n|\n(?=- )", comment)]
    joined = parts[0]
    for before, part in pairwise(parts):
        joined += ("\n" if before.startswith("- ") and part.startswith("- ") else "\n\n") + part
    return joined + "\n"


def labelled(comment: str) -> dict[str, str]:
    """The texts of a comment in which each paragraph has a label: "When: ..."."""
    parts = re.split(r"^([A-Z][a-z]+): ", comment, flags=re.MULTILINE)
    return {
        label: " ".join(text.split()) for label, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def _without_margin(comment: str) -> str:
    return "\n".join(line.removeprefix(" ").rstrip() for line in comment.splitlines()).strip()


Path = tuple[int, ...]
# The numbers of the fields of FileDescriptorProto, DescriptorProto and so on, which paths are of.
_OF_FILE = FileDescriptorProto.DESCRIPTOR.fields_by_name
_PACKAGE_PATH = (_OF_FILE["package"].number,)
_INNER = (
    "message_type",
    "enum_type",
    "service",
    "extension",
    "field",
    "oneof_decl",
    "nested_type",
    "value",
    "method",
)


def _named(file: FileDescriptorProto) -> Iterator[tuple[Path, str]]:
    """The paths of all that is in a file, with its full name."""
    yield _PACKAGE_PATH, file.package
    yield from _within(file, (), file.package)


def _within(described: Any, path: Path, name: str) -> Iterator[tuple[Path, str]]:
    for field, inner in described.ListFields():
        if field.name in _INNER:
            for i, each in enumerate(inner):
                at = (*path, field.number, i)
                yield at, f"{name}.{each.name}"
                yield from _within(each, at, f"{name}.{each.name}")
