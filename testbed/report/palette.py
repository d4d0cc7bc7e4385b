"""The colours of pages and figures, light and dark: Okabe and Ito's hues, told apart with every kind of colour vision.

Figures and diagrams name a colour as ``var(--NAME,#HEX)``: inside a page the page's scheme decides, alone the light one
holds. Nothing is told by colour only; a direction has its arrow, a failure its cross and its dashes.
"""

from __future__ import annotations

import re

LIGHT = {
    "paper": "#ffffff",
    "panel": "#f6f7f9",
    "line": "#d4d9e0",
    "ink": "#1c2430",
    "muted": "#5a6675",
    "down": "#0072b2",
    "up": "#ad5900",
    "good": "#00775a",
    "bad": "#c0271c",
    "note": "#7a5a00",
    "accent": "#8f3f76",
}
DARK = {
    "paper": "#12161c",
    "panel": "#1b212a",
    "line": "#38424f",
    "ink": "#e8ecf1",
    "muted": "#9daab9",
    "down": "#62b8ec",
    "up": "#f0a63c",
    "good": "#3fcfa3",
    "bad": "#ff8474",
    "note": "#e6c84f",
    "accent": "#df9ac4",
}
_VARIABLE = re.compile(r"var\(--[a-z]+,(#[0-9a-f]{6})\)")


def colour(name: str) -> str:
    """Return what stands in SVG and CSS for a colour; raises KeyError."""
    return f"var(--{name},{LIGHT[name]})"


def plain(svg: str) -> str:
    """Return an SVG whose colours are the light ones, for programs that know no CSS variables."""
    return _VARIABLE.sub(r"\1", svg)


def css_variables() -> str:
    """Return the rules that define the colours: light, and dark where the reader's screen is; paper is always light."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in each.items()) for each in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light dark;{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
