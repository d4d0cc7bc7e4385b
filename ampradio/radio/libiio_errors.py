"""libiio's error numbers as what they mean to a person, with the fix."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable

from ampradio.radio.errors import (
    NoRadioError,
    RadioBusyError,
    RadioError,
    RadioGoneError,
    RadioSettingError,
    RadioTimeoutError,
    UsbPermissionError,
)
from ampradio.radio.radio_uri import RadioUri

_LOOK_S = 1.5  # one repetition of a lost packet
_UDEV = "sudo apt-get install libiio0 libiio-utils && sudo udevadm control --reload-rules && sudo udevadm trigger"
_ABSENT = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENODEV, errno.ENXIO, errno.ENOENT)
_SILENT = (errno.ETIMEDOUT, errno.EPIPE, errno.EAGAIN)  # libiio's network client tells its own timeout as EPIPE


def opening_error(uri: RadioUri, error: OSError) -> RadioError:
    """Return what it means that ``uri`` could not be opened."""
    number = error.errno
    if number in (errno.EACCES, errno.EPERM):
        return UsbPermissionError(f"{uri.text}: this user may not open it", _UDEV)
    if number == errno.EBUSY:
        return RadioBusyError(f"{uri.text}: another program has it", "end the other program; USB has room for one")
    if number == errno.ENOSYS:
        return NoRadioError(f"{uri.text}: this libiio was built without that kind of link", "run: amp doctor")
    address = uri.network_address
    if number in (*_ABSENT, *_SILENT) and address is not None:
        where = "{}:{}".format(*address)
        start = "start `amp emulate`" if uri.emulated else "is it on, and the address right? `amp devices` lists radios"
        return NoRadioError(f"{uri.text}: no radio answers at {where} ({error.strerror})", start)
    fix = "plug it in and wait for its light; `amp devices` lists radios"
    return NoRadioError(f"{uri.text}: no radio there ({error.strerror or error})", fix)


def asking_error(
    uri: RadioUri,
    doing: str,
    error: OSError,
    *,
    waited: bool = True,
    answers: Callable[[], bool | None] = lambda: None,
) -> RadioError:
    """Return what it means that an open radio failed while ``doing``; ``waited``: long enough for a timeout.

    How long something took tells nothing on a busy computer. So ``answers`` is asked, whether the radio does on another
    connection: False when that is broken too, None when nobody knows. A radio that accepts connections and says
    nothing is there, and slow.
    """
    number = error.errno
    if number == errno.EBUSY:
        return RadioBusyError(f"{uri.text}: another program has its buffers open ({doing})", "end the other program")
    if number in (errno.EINVAL, errno.EOPNOTSUPP, errno.ERANGE):
        fix = "stay within the radio's range: iio_attr -u URI -c ad9361-phy shows it"
        return RadioSettingError(f"{uri.text}: the radio refuses {doing}", fix)
    if number == errno.ENOMEM:
        return RadioSettingError(f"{uri.text}: no memory for {doing}", "ask for smaller or fewer blocks")
    if number in _SILENT and (waited or number != errno.EPIPE) and _is_there(uri, number, answers()):
        fix = "lower the sample rate, look at the cable, or reboot the radio; then reconnect"
        return RadioTimeoutError(f"{uri.text}: no answer in time ({doing})", fix)
    fix = "plug it in or start it again, then reconnect"
    return RadioGoneError(f"{uri.text}: the connection broke ({doing}: {error.strerror or error})", fix)


def _is_there(uri: RadioUri, number: int | None, answers: bool | None) -> bool:
    if answers is not None:
        return answers
    address = uri.network_address
    if address is None:
        return number == errno.ETIMEDOUT  # over USB: what is unplugged says so
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=_LOOK_S):
        return True
    return False
