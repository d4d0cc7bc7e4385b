"""A page read back with Python's own parser, which shares nothing with what wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "input", "br", "link", "img", "hr"})
_FETCHES = ("src", "href", "xlink:href", "srcset", "action", "formaction", "poster", "data", "background", "cite")
_CSS = re.compile(r"url\(\s*['\"]?([^)'\"]*)|@import\s+['\"]?([^;'\"]*)", re.IGNORECASE)


@dataclass
class Element:
    """A tag with its attributes, and what is in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything written in it."""
        return "".join(each if isinstance(each, str) else each.text for each in self.children)

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Return every element below that has this tag and these attributes (``class_`` is one of the classes)."""
        found = []
        for child in self.children:
            if isinstance(child, str):
                continue
            classes = child.attributes.get("class", "").split()
            plain = {key: value for key, value in wanted.items() if key != "class_"}
            if (
                tag in ("", child.tag)
                and wanted.get("class_", "") in ("", *classes)
                and all(child.attributes.get(key) == value for key, value in plain.items())
            ):
                found.append(child)
            found += child.all(tag, **wanted)
        return found

    def one(self, tag: str = "", **wanted: str) -> Element:
        """Return the only such element."""
        (found,) = self.all(tag, **wanted)
        return found


class Page(HTMLParser):
    """A whole document; elements that are never closed, or closed by another's tag, are errors."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(text)
        self.close()
        assert [each.tag for each in self._open] == [""], "elements are left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        assert len(element.attributes) == len(attrs), f"an attribute of {tag} stands twice"
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def fetched(self) -> list[str]:
        """Return everything that a browser would go and get, or go to."""
        found = []
        for element in self.root.all():
            found += [element.attributes[name] for name in _FETCHES if name in element.attributes]
            styles = [element.attributes.get(name, "") for name in element.attributes]
            if element.tag == "style":
                styles.append(element.text)
            found += [first or second for style in styles for first, second in _CSS.findall(style)]
        return found
