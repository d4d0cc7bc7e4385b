"""What can go wrong with a radio; every error names what to do about it."""

from __future__ import annotations


class RadioError(Exception):
    """A radio cannot do what it was asked; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"{reason}. Fix: {fix}")
        self.reason, self.fix = reason, fix


class RadioUriError(RadioError):
    """No radio can be meant by this URI: the caller's mistake."""


class RadioSettingError(RadioError):
    """The radio refuses a frequency, rate, bandwidth or gain: the caller's mistake."""


class NoLibiioError(RadioError):
    """libiio, or its Python side, is missing or does not fit."""


class NoRadioError(RadioError):
    """No radio answers at this URI."""


class WrongRadioError(RadioError):
    """What answers is no PlutoSDR, has firmware that does not do, or is not the emulator that ``emu:`` promises."""


class RadioBusyError(RadioError):
    """Another program has the radio's buffers."""


class UsbPermissionError(RadioError):
    """This user may not open the radio over USB."""


class RadioTimeoutError(RadioError):
    """The radio is there, and did not deliver in time."""


class RadioGoneError(RadioError):
    """The connection broke: unplugged, switched off, server ended; ``reconnect`` resumes when it is back."""
