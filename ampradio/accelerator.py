"""An optional accelerator: the inner loops of the receivers, compiled by numba where that is installed.

What a loop does stands beside it in numpy, which is what runs without numba; both give the same bits, and estimates
that differ in their last digits. ``AMP_ACCELERATOR=none`` in the environment leaves numba alone, ``numba`` insists on
it. Nothing that changes a result is allowed to the compiler: no fast-math, no flushing to zero.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

VARIABLE = "AMP_ACCELERATOR"
NONE, NUMBA = "none", "numba"
Loop = TypeVar("Loop", bound=Callable[..., object])
_IMPORTED = re.compile(r"^from ampradio\.\w+\.(\w+) import", re.MULTILINE)
_CALLED = re.compile(r"^\s*from ampradio\.(\w+)\.(\w+) import", re.MULTILINE)  # within a function too
_switched_off = False
_wanted: bool | None = None
_made_anew: list[object] = []  # signatures that were not in the cache


def is_on() -> bool:
    """Return whether compiled loops are used.

    Raises ValueError for an ``AMP_ACCELERATOR`` that does not exist, ImportError if it insists on a numba that is not
    there.
    """
    return _is_wanted() and not _switched_off


@contextmanager
def off() -> Iterator[None]:
    """Leave the compiled loops alone in this block: what numpy alone gives and takes."""
    global _switched_off
    before, _switched_off = _switched_off, True
    try:
        yield
    finally:
        _switched_off = before


def prepare(*modules: str) -> None:
    """Have the loops of ``modules`` compiled, or read from the cache, before the first frame needs them."""
    if is_on():
        for module in modules:
            importlib.import_module(module)


def prepare_for(user: str, tell: Callable[[str], None] = lambda module: None) -> list[str]:
    """Have every loop that the module ``user`` may come to call compiled, or read from the cache; return their modules.

    ``tell`` hears of each module that was not in the cache. Compiling takes up to a minute of a core, which a process
    had better spend before others wait for it.
    """
    if not is_on():
        return []
    modules = _reached_loops(user)
    for module in modules:
        before = len(_made_anew)
        importlib.import_module(module)
        if len(_made_anew) > before:
            tell(module)
    return modules


def prepare_everything() -> list[str]:
    """Have every loop of this package compiled, or read from the cache, and return their modules; none if it is off.

    The first time takes a minute or so, which a set-up spends rather than somebody's first run.
    """
    modules = _loop_modules()
    prepare(*modules)
    return modules if is_on() else []


def compiled(*signatures: str) -> Callable[[Loop], Loop]:
    """Return a decorator that compiles a loop for ``signatures`` at once, or, without any, where another calls it.

    The result is kept in the cache on disk where one can be written, and leaves Python's lock to others meanwhile.
    Without the accelerator the loop stays what it is: slow, and of no use to anybody.
    """
    if not _is_wanted():
        return lambda loop: loop
    numba: Any = importlib.import_module("numba")

    def compile_(loop: Loop) -> Loop:
        options = {"nogil": True, "error_model": "numpy"}
        try:
            dispatcher = numba.njit(cache=True, **options)(loop)
            _forget_stale(Path(dispatcher.stats.cache_path))
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            dispatcher = numba.njit(**options)(loop)
        for signature in signatures:
            dispatcher.compile(signature)
        if signatures:
            dispatcher.disable_compile()
        _made_anew.extend(dispatcher.stats.cache_misses)
        return cast(Loop, dispatcher)

    return compile_


def _reached_loops(user: str) -> list[str]:
    """Return the modules of loops that ``user`` or what it imports imports, at the beginning or when needed."""
    reached: set[str] = set()
    found = {user}
    while found:
        module = found.pop()
        reached.add(module)
        path = Path(__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py")
        if path.is_file():  # not the package of a room
            found |= {f"{__package__}.{room}.{name}" for room, name in _CALLED.findall(path.read_text())} - reached
    return [module for module in _loop_modules() if module in reached]


def _loop_modules() -> list[str]:
    return [f"{__package__}.{path.parent.name}.{path.stem}" for path in _loop_files()]


def _loop_files() -> list[Path]:
    rooms = (Path(__file__).parent / room for room in ("channel", "phy"))
    return sorted(path for room in rooms for pattern in ("*_loop.py", "*_loops.py") for path in room.glob(pattern))


def _digests(texts: dict[str, bytes]) -> dict[str, str]:
    """Return module → digest of its loops and of all that they call, from module → source.

    numba notices a change in the file of a function, not in those that it calls.
    """
    calls = {name: set(_IMPORTED.findall(text.decode())) & texts.keys() for name, text in texts.items()}
    digests = {}
    for name in texts:
        reached, found = {name}, {name}
        while found:
            found = set().union(*(calls[each] for each in found)) - reached
            reached |= found
        digests[name] = hashlib.sha256(b"".join(texts[each] for each in sorted(reached))).hexdigest()
    return digests


@lru_cache(maxsize=8)
def _forget_stale(cache: Path) -> None:
    """Leave nothing in the directory ``cache`` that was compiled from other loops than those there are."""
    stamp = cache / "loops.digest"
    digests = _digests({path.stem: path.read_bytes() for path in _loop_files()})
    try:
        known = _read(stamp)
        for path in cache.glob("*_loop*.nbi"):
            name = path.name.partition(".")[0]
            if name not in digests or known.get(name) != digests[name]:
                path.unlink(missing_ok=True)
        if known != digests:
            stamp.write_text(json.dumps(digests))
    except OSError:  # of somebody else's: it is as it was
        return


def _read(stamp: Path) -> dict[str, str]:
    try:
        known = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _is_wanted() -> bool:
    global _wanted
    if _wanted is None:
        _wanted = _asked_for(os.environ.get(VARIABLE, ""))
    return _wanted


def _asked_for(choice: str) -> bool:
    if choice not in ("", NONE, NUMBA):
        raise ValueError(f"{VARIABLE} must be {NONE!r} or {NUMBA!r}, not {choice!r}")
    installed = importlib.util.find_spec("numba") is not None
    if choice == NUMBA and not installed:
        raise ImportError(f"{VARIABLE} is {NUMBA!r} and numba is not installed; fix: pip install 'ampradio[fast]'")
    return installed and choice != NONE
