"""Cleaning the texts of a request, before it is digested and read."""

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from domain.errors import InvalidValue
from domain.text import clean, clean_line
from domain.validation import too_many

CleanField = Callable[[Message, FieldDescriptor, Any], None]


def clean_texts(message: Message) -> None:
    """Clean each text in a message where it stands.

    A text that is refused stays as it is: whoever checks its field refuses it by its name.

    :raises InvalidValue: a field has more values than any may have. Reading them takes long.
    """
    for field, value in message.ListFields():
        if (clean_field := _FIELDS[field]) is not None:
            clean_field(message, field, value)


def one_line(text: str) -> str:
    """A cleaned text in one line, as a name is; or as it is, if it is refused."""
    return _cleaned(text, clean_line) if "\n" in text else text


def _text(message: Message, field: FieldDescriptor, value: str) -> None:
    if (cleaned := _cleaned(value)) != value:
        setattr(message, field.name, cleaned)


def _texts(_message: Message, field: FieldDescriptor, values: Any) -> None:
    _check_number(field, values)
    for i, value in enumerate(values):
        values[i] = _cleaned(value)


def _message(_message: Message, field: FieldDescriptor, value: Message) -> None:
    try:
        clean_texts(value)
    except InvalidValue as error:
        raise error.under(field.name) from None


def _messages(_message: Message, field: FieldDescriptor, values: Any) -> None:
    _check_number(field, values)
    for i, value in enumerate(values):
        try:
            clean_texts(value)
        except InvalidValue as error:
            raise error.under(f"{field.name}[{i}]") from None


def _check_number(field: FieldDescriptor, values: Any) -> None:
    if problem := too_many(values):
        is_mask = field.containing_type is FieldMask.DESCRIPTOR  # people name it, not its paths
        raise InvalidValue.of("" if is_mask else field.name, problem)


def _cleaned(text: str, cleaning: Callable[[str], str] = clean) -> str:
    try:
        return cleaning(text)
    except ValueError:
        return text


class _Fields(dict[FieldDescriptor, CleanField | None]):
    """How each field is cleaned, worked out once; None if it has no text."""

    def __missing__(self, field: FieldDescriptor) -> CleanField | None:
        self[field] = clean_field = _how(field)
        return clean_field


def _how(field: FieldDescriptor) -> CleanField | None:
    if field.type == FieldDescriptor.TYPE_STRING:
        return _texts if field.is_repeated else _text
    if field.message_type is not None and _has_text(field.message_type):
        return _messages if field.is_repeated else _message
    return None


def _has_text(kind: Descriptor) -> bool:
    """Whether messages of a type have texts. No type of the contract's requests holds itself."""
    return any(_how(field) is not None for field in kind.fields)


_FIELDS = _Fields()
