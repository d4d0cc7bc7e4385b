"""``frames.pcapng`` of a run, judged by tshark: 802.11 and EAPOL of S4, decrypted with the PMK; MIS of S5 over UDP."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from testbed.capture.pcapng import LINKTYPE_RAW_IP, Interface, PcapngWriter
from testbed.capture.udp_datagram import ipv4_udp
from testbed.experiment import Experiment, load_experiment
from testbed.runner.frames import pmk_of
from testbed.runner.names import FRAMES
from testbed.runner.run import run_experiment
from tests.conftest import ROOT

FOUR_WAY = [f"Key (Message {number} of 4)" for number in range(1, 5)]
GROUP = [f"Key (Group Message {number} of 2)" for number in (1, 2)]


def ran(folder: Path, example: str, *overrides: str) -> Experiment:
    experiment = load_experiment(ROOT / f"examples/{example}.toml", overrides=overrides, radio="sim:")
    assert run_experiment(experiment, out=folder).ok
    return experiment


def shown(path: Path, *options: str, broken: int = 0) -> list[list[str]]:
    """Return tshark's values, one list a packet; fails when the file, or more packets than ``broken``, are broken."""
    of_others = ["-Y", "wlan or ip"]  # the PPDUs themselves are tests/wireshark's
    command = ["tshark", "-r", str(path), *of_others, "-T", "fields", "-e", "_ws.malformed", *options]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "cut short" not in told.stderr and "damaged" not in told.stderr
    lines = [line.split("\t") for line in told.stdout.splitlines()]
    assert sum(line[0] != "" for line in lines) <= broken
    return [line[1:] for line in lines]


def decrypted(path: Path, pmk: bytes, broken: int = 0) -> list[tuple[str, bytes]]:
    keys = ["-o", "wlan.enable_decryption:TRUE", "-o", f'uat:80211_keys:"wpa-psk","{pmk.hex()}"']
    lines = shown(path, *keys, "-e", "_ws.col.Info", "-e", "data.data", broken=broken)
    return [(info, bytes.fromhex(data)) for info, data in lines]


@pytest.mark.parametrize("akm", [2, 6])
@pytest.mark.parametrize("encoding", ["lite", "full"])
def test_s4_run_is_a_wifi_capture(encoding: str, akm: int, tmp_path: Path) -> None:
    """R4.2, R4.13, R4.19: beacon to data; commands and readings come out with the PMK, and not without."""
    overrides = (f'security.rsna.encoding="{encoding}"', f"security.rsna.akm={akm}", 'security.variant="rsn-order"')
    experiment = ran(tmp_path / "run", "rsna", *overrides)
    path = tmp_path / "run" / FRAMES
    found = decrypted(path, pmk_of(experiment))
    infos = [info for info, _ in found]
    assert infos[0].startswith("Beacon")
    assert [info.partition("[")[0] for info in infos if info.startswith("Key")] == FOUR_WAY
    said = [data for pair in zip(experiment.ap.commands, experiment.tags[0].readings, strict=False) for data in pair]
    assert [data for _, data in found if data] == said
    blind = decrypted(path, bytes(32))
    assert not {data for _, data in blind} & set(said)


def test_s4_in_the_order_of_the_seed(tmp_path: Path) -> None:
    """R4.15: the group key comes in an exchange of its own, as WPA version 1 has it: no KDE, which tshark looks for."""
    experiment = ran(tmp_path / "run", "rsna", 'security.variant="seed-order"')
    keys = ["-o", "wlan.enable_decryption:FALSE"]
    infos = [info for (info,) in shown(tmp_path / "run" / FRAMES, *keys, "-e", "_ws.col.Info")]
    assert [info.partition("[")[0] for info in infos if info.startswith("Key")] == FOUR_WAY + GROUP
    data = [data for _, data in decrypted(tmp_path / "run" / FRAMES, pmk_of(experiment), broken=1) if data]
    assert set(experiment.ap.commands) <= set(data)


@pytest.mark.parametrize("variant", ["legacy", "remedy-1", "remedy-2"])
def test_s5_backhaul_is_dissected(variant: str, tmp_path: Path) -> None:
    """R5.13, R5.22, R5.57: MIS between PoSs on UDP 4551, right checksums, service and opcode as the page has them."""
    ran(tmp_path / "run", "handover", f'security.variant="{variant}"')
    checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
    fields = ["ip.checksum.status", "udp.checksum.status", "udp.dstport", "mih.version", "mih.service_id", "mih.opcode"]
    wanted = [word for field in (*fields, "mih.action_id") for word in ("-e", field)]
    found = shown(tmp_path / "run" / FRAMES, *checks, *wanted)
    assert len(found) >= 4
    numbers = [[int(value.split(",")[0], 0) for value in line] for line in found]
    assert all(line[:5] == [1, 1, 4551, 1, 3] for line in numbers)  # checksum status 1: good
    assert {line[6] for line in numbers} == ({101, 102} if variant == "remedy-2" else {14})


@pytest.mark.parametrize("example", ["demo", "provisioning", "aiot", "rsna", "handover"])
def test_no_secret_is_written(example: str, tmp_path: Path) -> None:
    """Neither a key nor plaintext that was sealed on its way."""
    experiment = ran(tmp_path / "run", example)
    octets = (tmp_path / "run" / FRAMES).read_bytes()
    secrets = [pmk_of(experiment), experiment.tags[0].psk, *experiment.ap.commands, *experiment.tags[0].readings]
    assert all(secret not in octets for secret in secrets)


@pytest.mark.parametrize("payload", [b"", b"\x01", bytes(range(255)), b"\xff\xff" * 20])
def test_a_file_of_any_packets(payload: bytes, tmp_path: Path) -> None:
    """Odd lengths are padded, times are nanoseconds, a file without its end is readable up to there."""
    path = tmp_path / "any.pcapng"
    writer = PcapngWriter(path, Interface(LINKTYPE_RAW_IP, "a wire"))
    for time_ns in (0, 1_234_567_891_234):
        writer.write(time_ns, ipv4_udp((b"\x7f\0\0\1", 40_001), (b"\x7f\0\0\2", 40_002), payload))
    fields = ["-e", "frame.time_epoch", "-e", "udp.length", "-e", "udp.checksum.status"]
    options = ["-o", "udp.check_checksum:TRUE", *fields]
    length = str(8 + len(payload))
    assert shown(path, *options) == [["0.000000000", length, "1"], ["1234.567891234", length, "1"]]
    writer.close()
