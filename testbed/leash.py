"""How a child process of a run speaks and ends: JSON lines on standard output, and as soon as standard input does."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any, NoReturn, Protocol

GRACE_S = 3.0


class Stoppable(Protocol):
    """A PHY as its process ends it."""

    stopped: Any

    def fail(self, reason: str) -> None: ...


def say(state: str, **detail: Any) -> None:
    """Tell the parent."""
    sys.stdout.write(json.dumps({"state": state, **detail}) + "\n")
    sys.stdout.flush()


def say_compiled(module: str) -> None:
    """Tell the parent that loops were compiled, which is why it has to wait."""
    say("compiled", module=module)


def leave(code: int) -> NoReturn:
    """End at once: a flowgraph that is torn down waits, with gr-iio for ever, and there is nothing left to save."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class Leash:
    """Ends the process as soon as its parent is gone or says so, from the beginning on, whatever it does then."""

    def __init__(self) -> None:
        self._phy: Stoppable | None = None
        threading.Thread(target=self._wait, daemon=True).start()

    def tie(self, phy: Stoppable) -> None:
        """Let ``phy`` end first, so that what was recorded is whole."""
        self._phy = phy

    def _wait(self) -> None:
        while sys.stdin.buffer.read(4096):
            pass
        phy = self._phy
        if phy is not None and not phy.stopped.is_set():
            phy.fail("the run was ended by its owner")
            time.sleep(GRACE_S)
        leave(0)


def hold() -> NoReturn:
    """Do nothing more until the parent ends the process."""
    while True:
        time.sleep(60)
