"""A drawing read back: its texts and marks, and the room that each takes by the table of widths."""

import re
from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

from service.web.drawing.agenda import FIGURE, LABEL, MONTH, TITLE, WARNING
from service.web.drawing.form import form_of
from service.web.drawing.measure import width_of
from service.web.drawing.svg import ASCENT, DESCENT, Box, Type

# Drawn inside a mark, and centred in it.
NUMBER_SIZES = {"mn3": 8.5, "mn4": 7.0}


@dataclass(frozen=True)
class Text:
    """A text, and where it stands."""

    text: str
    box: Box


@dataclass(frozen=True)
class Mark:
    """A mark of the lanes: where it leads, what it is called, and where it stands."""

    version: int
    label: str
    number: str
    box: Box
    is_round: bool
    is_struck: bool
    classes: frozenset[str]

    @property
    def versions(self) -> set[int]:
        """All versions that it stands for, as its label says: its own, and those folded in."""
        _, more, rest = self.label.partition("; ")
        folded = rest.rpartition(": ")[2].split(", ") if more else []
        return {self.version, *map(int, folded)}

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.box.left + self.box.right) / 2, (self.box.top + self.box.bottom) / 2


class Drawing:
    """A drawing as somebody reads it."""

    def __init__(self, svg: str) -> None:
        self.svg = str(svg)
        self.root = ElementTree.fromstring(self.svg)
        self.width, self.height = (float(self.root.attrib[name]) for name in ("width", "height"))
        self._types = _types(int(self.width))

    @property
    def texts(self) -> list[Text]:
        """All texts, those of marks too."""
        return [Text("".join(one.itertext()), self._box(one)) for one in self.root.iter("text")]

    @property
    def words(self) -> list[str]:
        """What is written, but for the numbers of marks."""
        numbers = {mark.number for mark in self.marks}
        return [one.text for one in self.texts if one.text not in numbers]

    @property
    def marks(self) -> list[Mark]:
        """The marks, in the order in which they are drawn."""
        return [_mark(link) for link in self.root.iter("a") if link.find("rect") is not None]

    def with_class(self, name: str) -> list[dict[str, str]]:
        """The attributes of the elements that have a class."""
        found = (dict(one.attrib) for one in self.root.iter())
        return [one for one in found if name in one.get("class", "").split()]

    def overlaps(self) -> list[tuple[str, str]]:
        """The texts that overlap, by the table of widths."""
        pairs = combinations(self.texts, 2)
        return [(one.text, two.text) for one, two in pairs if one.box.meets(two.box)]

    def outside(self) -> list[str]:
        """The texts and marks that are not wholly within the drawing."""
        boxes = [(one.text, one.box) for one in self.texts]
        boxes += [(mark.label, mark.box) for mark in self.marks]
        return [name for name, box in boxes if not self._is_inside(box)]

    def nearest(self) -> float:
        """How near the centres of two marks come."""
        pairs = combinations([mark.middle for mark in self.marks], 2)
        return min((abs(complex(a - c, b - d)) for (a, b), (c, d) in pairs), default=999.0)

    def _is_inside(self, box: Box) -> bool:
        return (
            box.left >= 0
            and box.right <= self.width
            and box.top >= 0
            and (box.bottom <= self.height)
        )

    def _box(self, text: ElementTree.Element) -> Box:
        names, content = text.attrib["class"].split(), "".join(text.itertext())
        type_ = (
            self._types[" ".join(names[:2])] if names[1:2] == ["warn"] else self._types[names[0]]
        )
        size = next((NUMBER_SIZES[name] for name in names if name in NUMBER_SIZES), type_.size)
        width = float(text.get("textLength") or width_of(content, size, type_.weight, type_.face))
        left, base = float(text.attrib["x"]), float(text.attrib["y"])
        left -= width / 2 if names[0] == "mn" else 0
        return Box(left, base - size * ASCENT, left + width, base + size * DESCENT)


def _types(width: int) -> dict[str, Type]:
    form = form_of(width)
    found = [one for one in vars(form).values() if isinstance(one, Type)]
    return {one.name: one for one in (TITLE, LABEL, WARNING, MONTH, FIGURE, *found)}


def _mark(link: ElementTree.Element) -> Mark:
    shape, number = link.find("rect"), link.find("text")
    assert shape is not None
    assert number is not None
    left, top, width, height, corner = (
        float(shape.attrib[name]) for name in ("x", "y", "width", "height", "rx")
    )
    version = re.fullmatch(r"#v(\d+)", link.attrib["href"])
    assert version, link.attrib["href"]
    return Mark(
        int(version[1]),
        link.attrib["aria-label"],
        number.text or "",
        Box(left, top, left + width, top + height),
        corner > height / 3,
        any(one.get("class") == "slash" for one in link),
        frozenset(shape.attrib["class"].split()),
    )
