"""The radio under test: the one that AMP_RADIO_URI names, else an emulated PlutoSDR in the wall's time.

A test that takes ``radio_uri`` runs on both, and is marked ``hardware``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from ampradio.radio.interface import Loopback, RadioSettings
from ampradio.radio.opening import open_radio
from ampradio.radio.pluto import PlutoRadio
from tests.radio.plutos import network

URI_VARIABLE = "AMP_RADIO_URI"
RATE_SPS = 2_000_000
BLOCK = 65536  # 33 ms: the machine may be busy with something else that long
OpenRadio = Callable[..., PlutoRadio]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "radio_uri" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.hardware)


def settings(**other: object) -> RadioSettings:
    """Settings of a radio under test: 2 MS/s in digital loopback, so that nothing radiates."""
    usual = {
        "centre_hz": 2_437_000_000,
        "rate_sps": RATE_SPS,
        "bandwidth_hz": 2_000_000,
        "rx_gain_db": 20.0,
        "tx_attenuation_db": 30.0,
        "loopback": Loopback.DIGITAL,
    }
    return RadioSettings(**{**usual, **other})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def radio_uri() -> Iterator[str]:
    given = os.environ.get(URI_VARIABLE)
    if given:
        yield given
        return
    with network(1, elastic=False) as radios:
        yield f"emu:{radios.uris[0]}"


@pytest.fixture
def opened() -> Iterator[OpenRadio]:
    """Open radios with ``settings``; they are closed after the test."""
    radios: list[PlutoRadio] = []

    def make(uri: str, *, also: dict[str, object] | None = None, **options: object) -> PlutoRadio:
        radio = open_radio(uri, **{"block": BLOCK, **options})  # type: ignore[arg-type]
        radios.append(radio)
        radio.configure(settings(**(also or {})))
        return radio

    yield make
    for radio in radios:
        radio.close()
