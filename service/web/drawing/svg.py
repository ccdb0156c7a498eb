"""Elements of SVG, and where texts may go so that no two of them overlap."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from service.web.drawing.measure import width_of

# How far a line of text reaches above and below the line it stands on, in parts of its size.
ASCENT, DESCENT = 0.97, 0.25
# How far texts stay from each other, and from the edge of the drawing.
BETWEEN, EDGE = 4.0, 1.0


@dataclass(frozen=True)
class Type:
    """How a text is set: its class in ``drawing.css``, and what that means for its width."""

    name: str
    size: float
    weight: int = 400
    face: str = "sans"

    def width(self, text: str) -> float:
        """How wide a text is in it."""
        return width_of(text, self.size, self.weight, self.face)


@dataclass(frozen=True)
class Box:
    """The room that something takes."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box", apart: float = 0.0) -> bool:
        """Whether it comes nearer than ``apart`` to another."""
        return (
            self.left < other.right + apart
            and other.left < self.right + apart
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass
class Sheet:
    """What is drawn, and the room that its texts have taken."""

    width: float
    parts: list[Markup] = field(default_factory=list)
    texts: list[Box] = field(default_factory=list)

    def add(self, *parts: Markup) -> None:
        """Draw on top of what is there."""
        self.parts.extend(parts)

    def box(self, text: str, left: float, base: float, type_: Type) -> Box:
        """The room of a text that begins at ``left`` and stands on the line at ``base``."""
        size = type_.size
        right = left + type_.width(text)
        return Box(left, base - size * ASCENT, right, base + size * DESCENT)

    def is_free(self, box: Box) -> bool:
        """Whether a text fits there: within the drawing, and apart from all others."""
        is_inside = box.left >= EDGE and box.right <= self.width - EDGE
        return is_inside and not any(box.meets(taken, BETWEEN) for taken in self.texts)

    def write(self, text: str, left: float, base: float, type_: Type, more: str = "") -> None:
        """Draw a text whose place is free; ``more`` are further classes."""
        self.texts.append(self.box(text, left, base, type_))
        names = f"{type_.name} {more}".rstrip()
        held: Mapping[str, object] = {} if text.isdecimal() else held_to(type_.width(text))
        self.add(element("text", {"x": left, "y": base, "class": names, **held}, text))

    def try_to_write(
        self, text: str, places: Iterable[float], base: float, type_: Type, more: str = ""
    ) -> bool:
        """Draw a text at the first of the places where it is free, if there is one."""
        for left in places:
            if self.is_free(self.box(text, left, base, type_)):
                self.write(text, left, base, type_, more)
                return True
        return False


def held_to(width: float) -> dict[str, object]:
    """The attributes that hold a text to its width, whatever font it is shown in."""
    return {"textLength": width, "lengthAdjust": "spacingAndGlyphs"}


def element(name: str, attributes: Mapping[str, object], *content: str) -> Markup:
    """An element. Numbers have at most one decimal; what is no ``Markup`` is escaped."""
    written = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items())
    inner = "".join(map(escape, content))
    return Markup(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")


def drawing(names: str, width: int, height: float, label: str, *content: Markup) -> Markup:
    """A whole drawing. ``label`` says what it is, and what its links lead to."""
    size = {"width": width, "height": round(height), "viewBox": f"0 0 {width} {round(height)}"}
    return element("svg", {"class": names, **size, "role": "group", "aria-label": label}, *content)


def rect(
    left: float, top: float, right: float, bottom: float, names: str, **more: object
) -> Markup:
    """A rectangle, with further attributes."""
    size = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    return element("rect", {**size, "class": names, **more})


def path(drawn: str, names: str) -> Markup:
    """A line or shape."""
    return element("path", {"d": drawn, "class": names})


def level(left: float, right: float, height: float, names: str) -> Markup:
    """A line from left to right."""
    return path(f"M{number(left)} {number(height)}H{number(right)}", names)


def upright(place: float, top: float, bottom: float, names: str) -> Markup:
    """A line from top to bottom."""
    return path(f"M{number(place)} {number(top)}V{number(bottom)}", names)


def dot(place: float, height: float, radius: float, names: str) -> Markup:
    """A circle."""
    return element("circle", {"cx": place, "cy": height, "r": radius, "class": names})


def number(value: float) -> str:
    """A number with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else escape(value)
