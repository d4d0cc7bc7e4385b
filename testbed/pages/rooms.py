"""The reference of the library: a page per room of ``ampradio``, and per security system, from the docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2] / "ampradio"


@dataclass(frozen=True)
class Room:
    """A page of the reference: ``modules`` of one package, by their full names."""

    name: str
    modules: tuple[str, ...]

    @property
    def page(self) -> str:
        """Where the page is, under the documentation's folder."""
        return f"reference/{self.name.removeprefix('ampradio.') if '.' in self.name else 'library'}.md"

    @property
    def title(self) -> str:
        """What the navigation calls it."""
        return self.name.removeprefix("ampradio.")

    def text(self) -> str:
        """Return the page in Markdown: the package's own words, a list of its modules, then each of them."""
        links = "\n".join(f"* [`{name}`][{name}]: {_first_sentence(name)}" for name in self.modules[1:])
        parts = [f"# {self.name}", f"::: {self.name}\n    options:\n      show_submodules: false"]
        parts += [f"## Modules\n\n{links}"] if links else []
        return "\n\n".join([*parts, *(f"::: {name}" for name in self.modules[1:])]) + "\n"


def rooms() -> list[Room]:
    """Return every room with its public modules; what stands beside the rooms comes first."""
    beside = tuple(f"ampradio.{path.stem}" for path in _public(LIBRARY))
    return [Room("ampradio", ("ampradio", *beside)), *_below(LIBRARY)]


def _below(folder: Path) -> Iterator[Room]:
    for path in sorted(folder.iterdir()):
        if (path / "__init__.py").is_file():
            name = ".".join(path.relative_to(LIBRARY.parent).parts)
            yield Room(name, (name, *(f"{name}.{each.stem}" for each in _public(path))))
            yield from _below(path)


def _public(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]


def _first_sentence(module: str) -> str:
    path = LIBRARY.parent.joinpath(*module.split(".")).with_suffix(".py")
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split()).replace("``", "`")
