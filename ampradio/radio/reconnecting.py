"""A radio that vanished and comes back: what it did, and waiting for the same one."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ampradio.radio.board import Board
from ampradio.radio.duplex_stream import DuplexStream
from ampradio.radio.errors import NoRadioError, RadioGoneError, RadioTimeoutError, WrongRadioError
from ampradio.radio.interface import RadioIdentity, RadioSettings, Samples
from ampradio.radio.radio_uri import RadioUri, radio_uri

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Interrupted:
    """What a radio did when its connection broke."""

    settings: RadioSettings | None
    stream: DuplexStream | None
    repeated: Samples | None


def found_again(uri: RadioUri, identity: RadioIdentity, patience_s: float, timeout_s: float) -> Board:
    """Return the radio ``identity`` once it answers again at ``uri``.

    Raises:
        NoRadioError, RadioGoneError, RadioTimeoutError: not within ``patience_s``.
        WrongRadioError: another one answers.
    """
    until = time.monotonic() + patience_s
    while True:
        try:
            board = Board(radio_uri(uri.text), timeout_s)
        except (NoRadioError, RadioGoneError, RadioTimeoutError):  # it may go once more while it comes
            if time.monotonic() >= until:
                raise
            time.sleep(_LOOK_EVERY_S)
            continue
        if board.identity.serial == identity.serial:
            return board
        board.close()
        reason = f"{uri.text}: {board.identity.serial} answers instead of {identity.serial}"
        raise WrongRadioError(reason, "plug that one in")
