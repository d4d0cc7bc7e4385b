"""What a run protected, opened with its key log and shown by tshark: all five systems, and nothing without the keys."""

from __future__ import annotations

import random
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.attack.scene import Scene
from testbed.attack.suspects import COMMANDS, READINGS
from testbed.capture import CaptureError
from testbed.cli import main
from testbed.exits import CallerMistake
from testbed.wireshark.decryption.capture import Decrypted, decrypt_capture
from testbed.wireshark.key_file import keys_kept, read_keys
from testbed.wireshark.parameters import parameters_of
from tests.conftest import ROOT
from tests.wireshark.corpus import MAC, VARIANTS, Sample, write
from tests.wireshark.tshark import Shown, dissected

TEXTS = {text.encode().hex(":") for text in (*COMMANDS, *READINGS)}
CLEAR = {"S5 full": ("decrypted",), "S1-2f": ("s1.clear", "s1.trigger_data")}
"""Whole MIS frames hold TLVs or signalling; S1's flow of two frames never protects what goes down."""
IN_CLEAR = ("s1.clear", "s2.clear", "s3.clear", "s4.clear", "s5.signal")
KEYS_ONLY = {"S5-legacy"}  # it signals nothing under its SA: what it delivers is the key
LABELS = [each.label for each in VARIANTS]


def captured(label: str, folder: Path, seed: int = 1) -> tuple[Path, Path]:
    """Run a variant over a perfect link with its keys kept; return the capture and the key log."""
    (suspect,) = (each for each in VARIANTS if each.label == label)
    keys = folder / f"{seed}.keys"
    with keys_kept(keys):
        scene = Scene(suspect.experiment(seed=seed))
        scene.run()
    assert scene.succeeded
    lengths = parameters_of(scene.stations.ends.report)
    samples = [
        Sample(label, each.tx.psdu, each.tx.vector.kind.is_downlink, parameters=lengths) for each in scene.tap.heard
    ]
    return write(folder / f"{seed}.pcapng", samples), keys


def opened(label: str, folder: Path) -> tuple[Decrypted, list[Shown]]:
    capture, keys = captured(label, folder)
    counts = decrypt_capture(capture, read_keys(keys), MAC, folder / "plain.pcapng")
    return counts, dissected(folder / "plain.pcapng")


@pytest.mark.parametrize("label", LABELS)
def test_commands_and_readings_are_shown_in_clear(label: str, tmp_path: Path) -> None:
    """What was said is what tshark shows, each under a key by name, integrity checked; no complaint about it."""
    counts, seen = opened(label, tmp_path)
    names = CLEAR.get(label, IN_CLEAR)
    said = {value for shown in seen for name in names for value in shown.values.get(name, [])}
    keys = [shown for shown in seen if "s5.key" in shown.values]
    assert counts.opened == sum("decrypted" in shown.values for shown in seen) > 0
    if label in KEYS_ONLY:
        assert keys and not said
    else:
        assert said >= TEXTS, (label, said)
    for shown in seen:
        if "decrypted_by" in shown.values and label != "S5-legacy":
            assert shown.one("decrypted_genuine") == "1", (label, shown.one("name"))
    assert not any(shown.experts for shown in seen)


@pytest.mark.parametrize("label", ["S5-R1", "S5-R2", "S5-legacy", "S4", "S4 full"])
def test_delivered_keys_are_shown_to_whoever_has_the_log(label: str, tmp_path: Path) -> None:
    """S5's K and S4's group key are what the log says or what opens the data behind them."""
    _, seen = opened(label, tmp_path)
    logged = {key for _, key in read_keys(tmp_path / "1.keys").get("AMP_S5_K", [])}
    name = "s4.key_data" if label.startswith("S4") else "s5.key"
    found = {bytes.fromhex(value.replace(":", "")) for shown in seen for value in shown.values.get(name, [])}
    assert found
    if name == "s5.key":
        assert found <= logged


def test_keys_of_another_run_open_nothing(tmp_path: Path) -> None:
    for label in ("S1-3f", "S2-A", "S3-H", "S4"):
        folder = tmp_path / label
        folder.mkdir()
        capture, _ = captured(label, folder)
        _, others = captured(label, folder, seed=2)
        counts = decrypt_capture(capture, read_keys(others), MAC, folder / "plain.pcapng")
        assert counts.messages and not counts.opened, label


def test_the_command_line_keeps_keys_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--key-log: mode 0600, warned about, never in the run folder; `amp decrypt` gives 1 when nothing opens."""
    run, keys, plain = tmp_path / "run", tmp_path / "demo.keys", tmp_path / "plain.pcapng"
    demo = str(ROOT / "examples" / "demo.toml")
    assert main(["run", demo, "--radio", "sim:", "-q", "--out", str(run), "--key-log", str(keys)]) == 0
    assert "session keys" in capsys.readouterr().err
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    held = b"".join(path.read_bytes() for path in run.rglob("*") if path.is_file())
    secrets = [key for found in read_keys(keys).values() for _, key in found]
    assert secrets and not any(secret in held or secret.hex().encode() in held for secret in secrets)
    assert main(["decrypt", str(run), "--keys", str(keys), "--out", str(plain), "-q"]) == 0
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600
    empty = tmp_path / "empty.keys"
    empty.write_text("# nothing\n")
    assert main(["decrypt", str(run), "--keys", str(empty), "--out", str(plain), "-q"]) == 1
    inside = tmp_path / "two" / "keys"
    assert main(["run", demo, "--radio", "sim:", "-q", "--out", str(inside.parent), "--key-log", str(inside)]) == 2
    without = tmp_path / "three"
    assert main(["run", demo, "--radio", "sim:", "-q", "--out", str(without)]) == 0
    assert not list(tmp_path.rglob("*.keys"))[2:]


@pytest.mark.parametrize(
    "text", ["AMP_S1_PTK 00", "NOTHING 00 00", "AMP_S1_PTK 0g 00", "AMP_S1_PTK 00 00 00", "\x00\xff"]
)
def test_a_broken_key_log_is_refused_without_its_keys(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.keys"
    path.write_text(f"# head\nAMP_S1_PTK 0102 a1b2c3\n{text}\n", encoding="latin-1")
    with pytest.raises(CallerMistake) as refused:
        read_keys(path)
    assert "line 3" in str(refused.value) and "a1b2c3" not in str(refused.value)


@pytest.fixture(autouse=True)
def _no_log_left_in_force() -> Iterator[None]:
    yield
    from ampradio.security import key_log

    assert key_log._in_force.get() is None


def test_a_capture_that_lies_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Octets changed anywhere and cuts: an error in words or fewer messages, never another exception."""
    capture, keys = captured("S1-3f", tmp_path)
    octets, rng = capture.read_bytes(), random.Random(4)
    bad = tmp_path / "bad.pcapng"
    for number in range(200):
        changed = bytearray(octets[: rng.randrange(1, len(octets))] if number % 4 == 0 else octets)
        for _ in range(rng.randrange(4)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        bad.write_bytes(changed)
        try:
            counts = decrypt_capture(bad, read_keys(keys), MAC, tmp_path / "plain.pcapng")
        except CaptureError:
            continue
        assert counts.opened <= 8
