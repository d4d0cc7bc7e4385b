"""A whole exchange out of one transmit buffer and one capture, at rates that no cable streams.

The receiver's kernel buffers are all queued when it opens and fill one after another at any rate; they are fetched at
the cable's leisure. The transmission is somewhere within, and found there by its own leakage or through a loopback.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ampradio.radio.alignment import find
from ampradio.radio.board import Board, ReceiveBuffer, TransmitBuffer
from ampradio.radio.errors import RadioSettingError, RadioTimeoutError
from ampradio.radio.interface import Codes, Samples, scaled
from ampradio.radio.transmit_timeline import transmit_codes

STATEMENT = "burst: a whole exchange out of one transmit buffer and one capture, decided before it began"
_PARTS = 16
_START_S = 0.02  # from one buffer's opening to the other's
_CABLE_BYTES_PER_S = 10e6  # what is to be sent travels while the capture runs: the slowest USB 2
_BYTES_PER_SAMPLE = 4
_MOST_SAMPLES = 48 << 20
MOST_SENT = 8 << 20
_KNOWN = 16384
_TRANSMIT_BUFFERS = 2


@dataclass(frozen=True, eq=False)
class BurstCapture:
    """What was received around a transmission: ``codes`` (n, 2); its first sample was heard at index ``sent_at``.

    ``peak_db`` is how far that place stands out of the correlation.
    """

    codes: Codes
    sent_at: int
    peak_db: float

    def as_facts(self) -> dict[str, object]:
        """Return what a result says of it, in JSON's types."""
        return {"mode": STATEMENT, "sent_at_sample": self.sent_at, "peak_db": round(self.peak_db, 1)}

    @property
    def samples(self) -> Samples:
        """The capture as complex64 of shape (n,), full scale 1."""
        return scaled(self.codes)


def send_once(board: Board, samples: Samples, *, rate_sps: int) -> None:
    """Send ``samples`` once out of one buffer and return when they are out; see ``PlutoRadio.send_once``."""
    codes = _padded(transmit_codes(samples))
    if len(codes) > MOST_SENT:
        raise RadioSettingError(
            f"{board.uri.text}: {len(codes)} samples are longer than the radio's memory", f"at most {MOST_SENT} at once"
        )
    with board.patience(len(codes) / rate_sps + _BYTES_PER_SAMPLE * len(codes) / _CABLE_BYTES_PER_S):
        transmit = board.open_transmit(len(codes), _TRANSMIT_BUFFERS)
        try:
            transmit.write(codes)
            transmit.write(np.zeros_like(codes))  # there is room once the first has been played
        finally:
            transmit.close()


def exchange(board: Board, samples: Samples, *, rate_sps: int, after: int = 0) -> BurstCapture:
    """Send ``samples``, |x| at most 1, once, and return what was heard meanwhile and ``after`` samples longer.

    The radio must be set and must not stream.

    Raises:
        ValueError: nothing to send, or beyond full scale.
        RadioSettingError: longer than the radio's memory.
        RadioTimeoutError: the own transmission was not heard.
        RadioError: see ``Board``.
    """
    codes = transmit_codes(samples)
    padded = _padded(codes)
    start_s = _START_S + _BYTES_PER_SAMPLE * len(padded) / _CABLE_BYTES_PER_S
    wanted = 2 * round(start_s * rate_sps) + len(codes) + after
    part = -(-wanted // _PARTS) + -wanted % 1024
    if part * _PARTS > _MOST_SAMPLES:
        raise RadioSettingError(
            f"{board.uri.text}: an exchange of {wanted} samples is longer than the radio's memory",
            f"at most {_MOST_SAMPLES} samples: cut it, or lower the rate",
        )
    with board.patience(part / rate_sps):
        capture = _both(board, padded, part)
    return _found(board, samples, capture, after)


def _padded(codes: Codes) -> Codes:
    """Return ``codes`` with silence behind, which is what the converter holds when nothing follows."""
    return np.concatenate((codes, np.zeros((-len(codes) % 1024 + 1024, 2), np.int16)))


def _both(board: Board, codes: Codes, part: int) -> Codes:
    receive: ReceiveBuffer | None = None
    transmit: TransmitBuffer | None = None
    try:
        receive = board.open_receive(part, _PARTS)
        transmit = board.open_transmit(len(codes), _TRANSMIT_BUFFERS)
        transmit.write(codes)
        # only the blocks queued at the opening: they follow each other without a gap
        return np.concatenate([receive.read() for _ in range(_PARTS)])
    finally:
        for buffer in (receive, transmit):
            if buffer is not None:
                buffer.close()


def _found(board: Board, samples: Samples, capture: Codes, after: int) -> BurstCapture:
    begins = int(np.flatnonzero(samples)[0]) if np.any(samples) else 0
    known = np.asarray(samples[begins : begins + _KNOWN], np.complex64)
    place = find(known, scaled(capture))
    if place is None:
        raise RadioTimeoutError(
            f"{board.uri.text}: the own transmission is not heard in the capture",
            "attenuate it less, raise the receive gain, or use loopback 1: its place is the time reference",
        )
    sent_at = place.at - begins
    if sent_at + len(samples) + after > len(capture):
        raise RadioTimeoutError(
            f"{board.uri.text}: the transmission began too late for the capture", "end what else keeps the cable busy"
        )
    return BurstCapture(capture, sent_at, place.peak_db)
