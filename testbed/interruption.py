"""Ctrl-C, for every verb: a KeyboardInterrupt that is not lost and leaves no lock taken; the second ends at once.

Python raises it wherever the program happens to be. In a callback of a C library, or a ``__del__``, it is printed and
forgotten; in the initialisation of an extension module it becomes another error; and where a lock was just taken,
before the block that would give it back, the thread that waits for the lock waits for ever, and so does who waits for
the thread. Here it comes a few milliseconds later then, and comes again when nobody is handling it after a while.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import time
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import NoReturn

from testbed import exits

LATER_S = 0.005  # until it is tried again, after it came where it must not be raised
LOOK_S = 0.5  # until it is looked whether anybody heard it
SECOND_S = 1.0  # two that are closer are one: a terminal sends it to all of a group, and a wrapper may pass it on
_TAKING = ("__enter__", "__exit__")
_LOADING = ("create_module", "exec_module")
_asked_s: float | None = None


def listen(*numbers: int) -> None:
    """Let Ctrl-C, or each of these signals, interrupt the program, which leaves by ``end`` then.

    A Ctrl-C that the shell has the program ignore stays ignored.
    Signals that are named are heard even then: a shell starts its background jobs deaf to Ctrl-C.
    """
    sys.unraisablehook = _ask_again
    signal.signal(signal.SIGALRM, _interrupt)
    for number in numbers or (signal.SIGINT,):
        if numbers or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def asked() -> bool:
    """Return whether somebody has asked for the end, whatever has become of the KeyboardInterrupt."""
    return _asked_s is not None


def end(code: int) -> NoReturn:
    """Leave the program, which has done its work; a Ctrl-C only makes that quicker."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is _interrupt:
            signal.signal(number, lambda *_: os._exit(code))
    signal.setitimer(signal.ITIMER_REAL, 0)
    if not asked():
        sys.exit(code)
    # Python itself would kill the program, not end it with this code, if the KeyboardInterrupt had come in an eval
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _asked_s
    now_s = time.monotonic()
    if _asked_s is None:
        _asked_s = now_s
    elif number != signal.SIGALRM and now_s - _asked_s >= SECOND_S:
        os.write(2, b"\namp: interrupted at once\n")
        os._exit(exits.INTERRUPTED)
    if _is_handled():
        signal.setitimer(signal.ITIMER_REAL, LOOK_S)
    elif _must_not_be_left(frame):
        signal.setitimer(signal.ITIMER_REAL, LATER_S)
    else:
        signal.setitimer(signal.ITIMER_REAL, LOOK_S)
        raise KeyboardInterrupt


def _ask_again(lost: sys.UnraisableHookArgs) -> None:
    """Take note of an error that nobody can hear: in a callback of a C library, say."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, LATER_S)
    else:
        sys.__unraisablehook__(lost)


def _is_handled() -> bool:
    """Return whether the program cleans up after a KeyboardInterrupt."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _must_not_be_left(frame: FrameType | None) -> bool:
    """Return whether an error would be lost, or leave taken what is being taken, in what goes on in ``frame``."""
    if frame is not None and frame.f_code.co_name in _TAKING:
        return True
    while frame is not None:
        name = frame.f_code.co_name
        if name == "__del__" or (name in _LOADING and isinstance(frame.f_locals.get("self"), ExtensionFileLoader)):
            return True
        frame = frame.f_back
    return False
