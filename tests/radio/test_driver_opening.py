"""Radios that cannot be opened, and what libiio's errors mean: each in words, with what to do."""

from __future__ import annotations

import errno
import sys

import iio
import pytest

from ampradio.radio.emulator.pluto import TRANSMIT
from ampradio.radio.errors import (
    NoLibiioError,
    NoRadioError,
    RadioBusyError,
    RadioError,
    RadioGoneError,
    RadioTimeoutError,
    RadioUriError,
    UsbPermissionError,
    WrongRadioError,
)
from ampradio.radio.libiio_errors import asking_error, opening_error
from ampradio.radio.opening import open_radio
from ampradio.radio.radio_uri import radio_uri as taken_apart
from tests.radio.conftest import OpenRadio
from tests.radio.plutos import network


def test_buffers_in_use_elsewhere(opened: OpenRadio) -> None:
    with network(1) as radios:
        first, second = opened(radios.uris[0]), opened(radios.uris[0])
        first.start()
        with pytest.raises(RadioBusyError, match="end the other program"):
            second.start()
        first.stop()
        second.start()
        second.close()


def test_what_answers_has_to_be_a_pluto_and_emulated_where_that_was_meant() -> None:
    with network(1) as radios:
        pluto = radios.plutos[0]
        about = pluto.context_attributes()
        pluto.context_attributes = lambda: {**about, "hw_serial": "1044739"}  # type: ignore[method-assign]
        with pytest.raises(WrongRadioError, match="not emulated"):
            open_radio(f"emu:{radios.uris[0]}")
        open_radio(f"pluto:{radios.uris[0]}").close()
        pluto.devices = tuple(device for device in pluto.devices if device.name != TRANSMIT)
        with pytest.raises(WrongRadioError, match=TRANSMIT):
            open_radio(f"pluto:{radios.uris[0]}")


def test_firmware_without_the_loss_register_is_named() -> None:
    with network(1) as radios:
        for device in radios.plutos[0].devices:
            if device.name == TRANSMIT:
                object.__setattr__(device, "debug", ())
        with pytest.raises(WrongRadioError, match="has no register"):
            open_radio(radios.uris[0])


def test_nobody_at_the_address() -> None:
    for uri, fix in (("emu:ip:127.0.0.1:1", "amp emulate"), ("pluto:ip:127.0.0.1:1", "amp devices")):
        with pytest.raises(NoRadioError) as caught:
            open_radio(uri)
        assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("zmq:tcp://", "names no radio"),
        ("pluto:", "names no radio"),
        ("pluto:ip:host:port", "names no radio"),
        ("emu:usb:", "emu:ip:127.0.0.1"),
        ("emu:ip:192.168.2.1", "this machine only"),
    ],
)
def test_uris_that_name_no_radio(uri: str, said: str) -> None:
    with pytest.raises(RadioUriError, match=said):
        open_radio(uri)


def test_no_libiio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iio", None)
    with pytest.raises(NoLibiioError, match="amp doctor"):
        open_radio("pluto:ip:127.0.0.1:1")


@pytest.mark.parametrize(
    ("number", "kind", "fix"),
    [
        (errno.EACCES, UsbPermissionError, "udevadm"),
        (errno.EPERM, UsbPermissionError, "udevadm"),
        (errno.EBUSY, RadioBusyError, "end the other program"),
        (errno.ENODEV, NoRadioError, "plug it in"),
        (errno.ENOSYS, NoRadioError, "amp doctor"),
    ],
)
def test_usb_errors_at_opening(number: int, kind: type[RadioError], fix: str) -> None:
    """libiio's own numbers: what its USB side returns for a node that may not be opened, or is claimed."""
    error = opening_error(taken_apart("pluto:usb:1.5.5"), OSError(number, "as libiio words it"))
    assert type(error) is kind and fix in error.fix


def test_a_pipe_that_breaks_on_usb_is_a_radio_that_is_gone() -> None:
    error = asking_error(taken_apart("pluto:usb:1.5.5"), "receiving", OSError(errno.ENODEV, "No such device"))
    assert type(error) is RadioGoneError and "reconnect" in error.fix
    error = asking_error(taken_apart("pluto:usb:1.5.5"), "receiving", OSError(errno.ETIMEDOUT, "timed out"))
    assert type(error) is RadioTimeoutError


def test_a_stalled_stream_of_a_server_that_lives_is_a_timeout() -> None:
    with network(1) as radios:
        uri = taken_apart(radios.uris[0])
        assert type(asking_error(uri, "receiving", OSError(errno.EPIPE, ""))) is RadioTimeoutError
    assert type(asking_error(uri, "receiving", OSError(errno.EPIPE, ""))) is RadioGoneError
    assert iio.version[0] == 0
