"""The message ladder, what is counted of a run, and the table and document at its end (issue item 9, cli.md)."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from testbed.experiment import experiment_of
from testbed.ladder import Ladder
from testbed.summary import Summary, summary_of
from testbed.tally import Tally

TAG, AP = "0x0234", "AP"


def sent(node: str, name: str, start_ns: int, end_ns: int, octets: int) -> dict[str, object]:
    """Return a ``tx`` event as a station tells it."""
    down = node == "ap"
    src, dst = (AP, TAG) if down else (TAG, AP)
    return {
        "t_ns": start_ns, "node": node, "kind": "tx", "direction": "DL" if down else "UL", "src": src, "dst": dst,
        "id": 564, "name": name, "octets": octets, "start_ns": start_ns, "end_ns": end_ns, "rate_bps": 250_000,
    }  # fmt: skip


def heard(event: dict[str, object], node: str, snr_db: float | None) -> dict[str, object]:
    """Return the ``rx`` event of ``event`` at the other node, its start estimated 40 ns late."""
    start_ns, end_ns = int(str(event["start_ns"])) + 40, int(str(event["end_ns"]))
    return event | {"t_ns": end_ns, "node": node, "kind": "rx", "start_ns": start_ns, "snr_db": snr_db}


TRIGGER = sent("ap", "SEC-TRIGGER", 0, 1_490_000, 39)
RESPONSE = sent("tag", "SEC-RESPONSE", 1_500_000, 3_100_000, 48)
ACK = sent("ap", "Ack", 3_110_000, 3_440_000, 4)
CONFIRM = sent("ap", "SEC-CONFIRM", 3_600_000, 4_700_000, 25)


def exchange() -> Iterator[dict[str, object]]:
    """Yield a three-frame handshake in order of air time, its first confirm dropped for its FCS."""
    yield TRIGGER
    yield heard(TRIGGER, "tag", 24.71)
    yield RESPONSE
    yield heard(RESPONSE, "ap", 19.58)
    yield {"t_ns": 3_100_000, "node": "ap", "kind": "security.authenticated", "peer": "tag", "mutual": False}
    yield {"t_ns": 3_100_000, "node": "ap", "kind": "security.uplink_data", "data_hex": b"t=21.5C".hex()}
    yield ACK
    yield heard(ACK, "tag", 25.0)
    yield CONFIRM
    dropped = heard(CONFIRM, "tag", 3.2) | {"kind": "drop", "reason": "bad_fcs"}
    yield {key: value for key, value in dropped.items() if key not in ("direction", "src", "dst", "name")}
    yield {"t_ns": 5_000_000, "node": "ap", "kind": "retry", "attempt": 2}
    again = CONFIRM | {"t_ns": 5_000_000, "start_ns": 5_000_000, "end_ns": 6_100_000}
    yield again
    yield heard(again, "tag", 24.0)
    yield {"t_ns": 6_100_000, "node": "tag", "kind": "security.authenticated", "peer": "ap", "mutual": True}
    yield {"t_ns": 6_100_000, "node": "tag", "kind": "security.command", "data_hex": b"led on".hex()}
    yield sent("tag", "SEC-ACK", 6_110_000, 6_900_000, 19)


def lines(*events: dict[str, object], encoding: str = "utf-8", verbose: bool = False) -> list[str]:
    """Return what the ladder prints of the events where it is not a terminal."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    ladder = Ladder(Console(file=out, width=80), {"tag": "tag1", TAG: "tag1"}, verbose=verbose)
    for event in events:
        ladder.take(event)
    ladder.finish()
    return raw.getvalue().decode(encoding).splitlines()


def test_one_line_per_frame_with_its_fate() -> None:
    """One line per tx: air time, direction, name, octets, rate, SNR once received; drops, retries and loss."""
    said = lines(*exchange())
    assert said[0] == "     0.000 ms    AP ────── SEC-TRIGGER ───────▶ tag1   39 octets   250 kb/s  SNR 24.7 dB"
    assert said[1] == "     1.500 ms    AP ◀────── SEC-RESPONSE ────── tag1   48 octets   250 kb/s  SNR 19.6 dB"
    assert said[2].endswith("✓ AP has authenticated the tag")
    assert said[3].endswith("AP has the reading: t=21.5C")
    assert " Ack " in said[4]
    assert "SEC-CONFIRM" in said[5] and said[5].endswith("✗ dropped by tag1: bad fcs") and "SNR  3.2 dB" in said[5]
    assert said[6].endswith("AP tries again: attempt 2")
    assert said[8].endswith("✓ tag1 has authenticated the AP")
    assert said[9].endswith("tag1 acts on the command: led on")
    assert said[10].endswith("✗ not heard") and said[10].startswith("     6.110 ms")
    assert len(said) == 11


def test_a_lost_frame_is_shown_before_what_follows_it() -> None:
    """A frame that nobody heard has its line before the next one's."""
    later = RESPONSE | {"t_ns": 9_000_000, "start_ns": 9_000_000, "end_ns": 9_900_000}
    said = lines(TRIGGER, later, heard(later, "ap", 12.0))
    assert ["not heard" in line for line in said] == [True, False]


def test_a_node_does_not_hear_itself() -> None:
    """A reception at the sender's own node is no reception of the frame."""
    said = lines(TRIGGER, heard(TRIGGER, "ap", 50.0) | {"name": "echo"})
    assert len(said) == 2 and sum("not heard" in line for line in said) == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_plain_lines_where_only_ascii_goes(encoding: str) -> None:
    """cli.md: plain lines when not a terminal, in whatever encoding that is."""
    said = lines(*exchange(), encoding=encoding)
    assert said[0].isascii() and "------ SEC-TRIGGER ------->" in said[0]


def test_octets_from_the_air_cannot_steer_the_terminal() -> None:
    """What arrived over the air is shown as text only where it is printable."""
    event = {"t_ns": 0, "node": "tag", "kind": "security.command", "data_hex": b"\x1b[2J\x07".hex()}
    (said,) = lines(event)
    assert said.isprintable() and said.endswith("1b 5b 32 4a 07")
    markup = event | {"data_hex": b"[red]x[/red]".hex()}
    assert lines(markup)[0].endswith("[red]x[/red]")
    assert lines(event | {"data_hex": "zz"})[0].endswith("?")
    (odd,) = lines({"t_ns": 0, "node": "tag", "kind": "odd", "what": "\x1b[2J"}, verbose=True)
    assert odd.isprintable()


def test_other_events_only_when_asked() -> None:
    """Everything is shown with -v, and only what matters without."""
    event = {"t_ns": 7, "node": "ap", "kind": "security.keys_installed", "side": "ap", "station_id": 564}
    assert lines(event) == []
    assert lines(event, verbose=True)[0].endswith("AP security.keys_installed station_id=564")


def summary(mutual: bool = True) -> Summary:
    """Return the summary of ``exchange`` with a wall clock of a second per look."""
    ticks = itertools.count()
    tally = Tally(proven="ap" if mutual else "tag", clock=lambda: float(next(ticks)))
    for event in exchange():
        tally.take(event)
    plan = experiment_of("seed = 7", Path("bench.toml"))
    parameters = {"variant": "hardened", "nonce_octets": 16, "encrypt": True}
    return summary_of(plan, tally, Path("runs/x"), parameters=parameters, ok=True, elapsed_ns=7_000_000, wall_s=1.5)


def test_document_holds_what_scripts_rely_on() -> None:
    """cli.md: run_folder, ok, systems, messages, octets, air_time_ns, placeholders; each way, Acks apart; JSON."""
    document = json.loads(json.dumps(summary().as_dict(), allow_nan=False))
    assert (document["run_folder"], document["ok"], document["systems"]) == ("runs/x", True, ["amp"])
    assert document["messages"] == {"downlink": 3, "uplink": 2}
    assert document["octets"] == {"downlink": 39 + 25 + 25, "uplink": 48 + 19}
    assert document["air_time_ns"] == {"downlink": 1_490_000 + 2 * 1_100_000, "uplink": 1_600_000 + 790_000}
    assert document["acks"] == {"messages": 1, "octets": 4, "air_time_ns": 330_000}
    assert document["excitations"] == {"messages": 0, "octets": 0, "air_time_ns": 0}
    assert document["snr_db"] == {"downlink": pytest.approx((24.71 + 25 + 24) / 3, abs=0.01), "uplink": 19.58}
    assert (document["readings"], document["commands"], document["retries"], document["drops"]) == (1, 1, 1, 1)
    assert "mac.shim_octets" in document["placeholders"] and document["variant"] == "hardened"


@pytest.mark.parametrize(("mutual", "air_ns"), [(True, 6_100_000), (False, 3_100_000)])
def test_handshake_ends_when_the_last_end_is_sure(mutual: bool, air_ns: int) -> None:
    """R1.32: mutual only once the tag has authenticated the AP; in the two-frame flow the AP's side is all there is."""
    assert summary(mutual).as_dict()["handshakes"] == [{"air_ns": air_ns, "wall_s": 1.0}]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_table_says_it_all(encoding: str) -> None:
    """Issue item 9: messages, octets, air time each way, handshake in both times, SNR, folder, variant, profile."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    summary().show(Console(file=out, width=100))
    said = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    for words in ("3.690 ms", "2.390 ms", "6.100 ms", "1.000 s", "24.6 dB", "19.6 dB", "runs/x", "hardened"):
        assert words in said
    assert "11bp-2026.09" in said and "placeholders" in said and "seed 7" in said
    assert "nonce octets 16, encrypt True" in said


def test_nothing_heard_is_a_summary_too() -> None:
    """A run in which nothing arrived has no SNR and no handshake, and still a table and a document."""
    plan = experiment_of("", Path("bench.toml"))
    empty = summary_of(plan, Tally(), Path("runs/x"), parameters={}, ok=False, elapsed_ns=0, wall_s=0.0)
    assert empty.as_dict()["snr_db"] == {"downlink": None, "uplink": None}
    console = Console(file=io.StringIO())
    empty.show(console)
    assert "failed" in console.file.getvalue()  # type: ignore[attr-defined]
