"""What a PHY complains of is not lost between it and the person who runs it."""

from __future__ import annotations

import logging

import pytest

from ampradio.sap.mac_side import MacSap
from ampradio.sap.messages import ErrorIndication, TxConfirm
from testbed.experiment import load_experiment
from testbed.runner.mac_host import MacHost
from testbed.runner.stations import stations_of
from tests.conftest import ROOT


@pytest.fixture
def host() -> MacHost:
    stations = stations_of(load_experiment(ROOT / "examples/minimal.toml"))
    return MacHost("ap", stations.ap, MacSap("tcp://127.0.0.1:9"))


def test_a_phy_that_refuses_is_quoted(host: MacHost, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert host.take(ErrorIndication(4, "TxRequest 3: no such rate"), 0) == []
        assert host.take(TxConfirm(3, 2, 0, 0), 0) == []
    host.sap.close()
    assert "TxRequest 3: no such rate" in caplog.text and "PPDU 3 was not sent (status 2)" in caplog.text


def test_a_ppdu_that_was_scheduled_is_not_worth_a_word(host: MacHost, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        host.take(TxConfirm(1, 0, 100, 2_000), 0)
    host.sap.close()
    assert not caplog.text and host.last_end_ns == 2_000
