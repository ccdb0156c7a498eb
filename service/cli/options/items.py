"""The options that add single items to the facts of a visit, and remove them."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from chancery.v1.event_pb2 import DetailItems, OtherNames
from chancery.v1.values_pb2 import RelatedVisit
from service.cli.notation import values
from service.cli.options.groups import option_parser

_of_items = partial(typer.Option, rich_help_panel="Single items")
_alias = partial(_of_items, metavar="WORD")
_related = partial(_of_items, metavar="RELATION=NAME", parser=option_parser(values.related))
_name = partial(_of_items, metavar="NAME")
_of_person = partial(_of_items, metavar="PERSON=NAME", parser=option_parser(values.other_name))
_of_city = partial(_of_items, metavar="CITY=NAME", parser=option_parser(values.other_name))


@dataclass(frozen=True)
class ItemOptions:
    """Single items to add and to remove. Each option may be given several times."""

    add_alias: Annotated[list[str] | None, _alias(help="Add an alias.")] = None
    remove_alias: Annotated[list[str] | None, _alias(help="Remove an alias.")] = None
    add_related: Annotated[list[RelatedVisit] | None, _related(help="Add a relation.")] = None
    remove_related: Annotated[list[RelatedVisit] | None, _related(help="Remove a relation.")] = None
    add_name: Annotated[
        list[str] | None, _name(help="Add another name of the principal: Zelensky.")
    ] = None
    remove_name: Annotated[
        list[str] | None, _name(help="Remove another name of the principal.")
    ] = None
    add_counterpart_name: Annotated[
        list[OtherNames] | None, _of_person(help="Add another name of a counterpart.")
    ] = None
    remove_counterpart_name: Annotated[
        list[OtherNames] | None, _of_person(help="Remove another name of a counterpart.")
    ] = None
    add_city_name: Annotated[
        list[OtherNames] | None, _of_city(help="Add another name of a city: Kyiv=Kiev.")
    ] = None
    remove_city_name: Annotated[
        list[OtherNames] | None, _of_city(help="Remove another name of a city.")
    ] = None

    def added(self) -> DetailItems | None:
        """The items to add; None if there are none."""
        return _items(
            self.add_alias,
            self.add_related,
            self.add_name,
            self.add_counterpart_name,
            self.add_city_name,
        )

    def removed(self) -> DetailItems | None:
        """The items to remove; None if there are none."""
        return _items(
            self.remove_alias,
            self.remove_related,
            self.remove_name,
            self.remove_counterpart_name,
            self.remove_city_name,
        )


def _items(
    aliases: list[str] | None,
    related: list[RelatedVisit] | None,
    principal_names: list[str] | None,
    counterpart_names: list[OtherNames] | None,
    city_names: list[OtherNames] | None,
) -> DetailItems | None:
    if not any((aliases, related, principal_names, counterpart_names, city_names)):
        return None
    return DetailItems(
        aliases=aliases or [],
        related=related or [],
        principal_other_names=principal_names or [],
        counterpart_other_names=counterpart_names or [],
        city_other_names=city_names or [],
    )
