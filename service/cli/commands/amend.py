"""The commands that change facts of a visit: what is another now, and what was entered wrongly."""

from typing import Annotated, Any

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import Amended, Corrected
from chancery.v1.values_pb2 import Basis, VisitDetails
from service.cli.commands.recording import records
from service.cli.notation import values
from service.cli.notation.values import MAX_INT32
from service.cli.options.change import ConditionOptions
from service.cli.options.client import Name
from service.cli.options.details import DetailsOptions
from service.cli.options.groups import option_parser, usage_error
from service.cli.options.items import ItemOptions
from service.cli.options.windows import GivenUpOptions, HeldOptions, WindowOptions

DETAILS = [*VisitDetails.DESCRIPTOR.fields_by_name]
AMENDABLE = [*DETAILS, "window", "held_window"]
CORRECTABLE = [*AMENDABLE, "window_given_up", "condition", "reason", "basis"]


def _one_to_clear(fields: list[str]) -> Any:
    """The option that clears one of these fields, typed with dashes or underscores."""

    def field(text: str) -> str:
        name = text.replace("-", "_")
        if name not in fields:
            raise ValueError(f"unknown field {text!r}; choose from {', '.join(fields)}")
        return name

    return typer.Option(
        metavar="FIELD",
        parser=option_parser(field),
        autocompletion=lambda: fields,
        help=f"Clear a field: {', '.join(fields)}. May be given several times.",
    )


@records
def amend(
    name: Name,
    details: DetailsOptions,
    items: ItemOptions,
    window: WindowOptions,
    held: HeldOptions,
    clear: Annotated[list[str] | None, _one_to_clear(AMENDABLE)] = None,
) -> Change:
    """Change facts of a visit other than its status.

    Each option replaces the whole field; --add-... and --remove-... change single items of one.
    The old values were right until now: if a value was entered wrongly, use 'correct'.
    """
    given = {"window": window.window(), "held_window": held.held_window()}
    mask = _mask(details, given, clear or [])
    added, removed = items.added(), items.removed()
    if not (mask or added or removed):
        raise typer.BadParameter(
            "amend what? Give a field, such as --purpose TEXT, or --clear FIELD"
        )
    return Change(
        name=name,
        amended=Amended(
            details=details.details_if_any(),
            update_mask=mask,
            added=added,
            removed=removed,
            **given,
        ),
    )


@records
def correct(
    name: Name,
    details: DetailsOptions,
    window: WindowOptions,
    given_up: GivenUpOptions,
    held: HeldOptions,
    condition: ConditionOptions,
    version: Annotated[
        int,
        typer.Argument(
            metavar="VERSION",
            min=0,
            max=MAX_INT32,
            help="The version of the change that was entered wrongly. If it is left out, the one "
            "that gave the fields their present values.",
            show_default=False,
        ),
    ] = 0,
    right_reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="The reason that the change should have said."),
    ] = None,
    right_basis: Annotated[
        list[Basis] | None,
        typer.Option(
            metavar="BASIS",
            parser=option_parser(values.basis),
            help="The basis that the change should have said, all of it. May be given several "
            "times.",
        ),
    ] = None,
    clear: Annotated[list[str] | None, _one_to_clear(CORRECTABLE)] = None,
) -> Change:
    """Say what an earlier change should have said, because it was entered wrongly.

    The correction stands where the mistake was made, and counts as known as early, unless --known
    says otherwise. --reason and --basis say why it is corrected, and on whose word.
    """
    given: dict[str, Any] = {
        "window": window.window(),
        "window_given_up": given_up.window_given_up(),
        "held_window": held.held_window(),
        "condition": condition.condition(),
        "reason": right_reason,
        "basis": right_basis,
    }
    mask = _mask(details, given, clear or [])
    if not mask:
        raise typer.BadParameter(
            "correct what? Give a field, such as --title TEXT, or --clear FIELD"
        )
    return Change(
        name=name,
        corrected=Corrected(
            corrected_version=version,
            details=details.details_if_any(),
            update_mask=mask,
            **given,
        ),
    )


def _mask(details: DetailsOptions, given: dict[str, Any], cleared: list[str]) -> FieldMask | None:
    """The paths of the fields that are given or cleared; None if there are none.

    :raises typer.BadParameter: a field is both.
    """
    changed = [*details.given(), *(name for name, value in given.items() if value is not None)]
    if both := set(changed) & set(cleared):
        raise usage_error("--clear", f"{min(both)} is both set and cleared")
    paths = [f"details.{each}" if each in DETAILS else each for each in (*changed, *cleared)]
    return FieldMask(paths=paths) if paths else None
