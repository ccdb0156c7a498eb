"""A page of the board, read back: what it shows, in which element."""

from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

import httpx

VOID = frozenset("meta link input br hr img wbr".split())  # noqa: SIM905


class Shown(HTMLParser):
    """The elements of a page. All that is open when an outer element ends is closed with it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._builder, self._open = TreeBuilder(), list[str]()
        self.feed(html)
        self.close()
        self.root: Element = self._builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        if tag == "option" and self._open[-1] == "option":
            self.handle_endtag(tag)
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of a drawing that holds nothing."""
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        self._builder.end(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        assert tag in self._open, f"</{tag}> ends nothing"
        while (last := self._open.pop()) != tag:
            assert last == "option", f"</{tag}> ends within <{last}>"
            self._builder.end(last)
        self._builder.end(tag)

    def handle_data(self, data: str) -> None:
        """Text."""
        if self._open:
            self._builder.data(data)

    def all(self, tag: str = "*", **attributes: str) -> Iterator[Element]:
        """The elements of a tag that have these attributes; of ``class_``, among others."""
        for each in self.root.iter(None if tag == "*" else tag):
            if all(_has(each, name, value) for name, value in attributes.items()):
                yield each

    def one(self, tag: str = "*", **attributes: str) -> Element:
        """The one such element."""
        (found,) = self.all(tag, **attributes)
        return found

    def text(self, tag: str = "*", **attributes: str) -> str:
        """The text of the one such element."""
        return text(self.one(tag, **attributes))

    def links(self) -> dict[str, str]:
        """The addresses of all links, by their texts; of several the last."""
        return {text(each): each.attrib["href"] for each in self.all("a")}


def text(element: Element) -> str:
    """The text within an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def shown(answer: httpx.Response) -> Shown:
    """A page as it was answered, every element of which ends."""
    return Shown(answer.text)


def changes(page: Shown) -> list[Element]:
    """The changes that a page of a visit shows in full."""
    return list(page.one("ol", class_="record"))


def _has(element: Element, name: str, value: str) -> bool:
    if name == "class_":
        return value in element.get("class", "").split()
    return element.get(name) == value
