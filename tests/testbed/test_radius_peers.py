"""S4 by RADIUS against real peers: Debian's hostapd and FreeRADIUS, judged by their keys and by tshark."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import UDP
from scapy.layers.radius import Radius, RadiusAttr_Message_Authenticator
from scapy.utils import rdpcap

from ampradio.mac.exchange import Exchange, perfect_link
from ampradio.mac.shim import fragment_sizes
from ampradio.security.rsna import Port, RsnaParameters
from ampradio.security.rsna.tag.eap_tls import TlsCredential
from ampradio.security.secret import Secret
from testbed.authority.database import Database
from testbed.authority.eap_proxy import EapProxy
from testbed.authority.server import AuthorityServer
from testbed.authority.vault import Vault
from testbed.experiment.load import experiment_of
from testbed.radius.client import Endpoint, RadiusClient, RadiusError
from testbed.radius.eap_relay import EapRelay
from testbed.runner.stations import stations_of
from tests.security.rsna.link import AA, ID, MAC, Link
from tests.security.rsna.test_eap_tls import link_of
from tests.testbed.authority.world import KEY, SECRETS, World, serving
from tests.testbed.radius_peers import (
    FREERADIUS_PORT,
    HOSTAPD_PORT,
    RADIUS,
    SECRET,
    freeradius,
    hostapd,
    program,
)

PSK = bytes.fromhex("0123456789abcdef0123456789abcdef")
GWID = bytes.fromhex("0a0b0c0d")


class Watched(EapRelay):
    """A relay that keeps what the server handed out."""

    def __init__(self, port: int, secret: bytes = SECRET) -> None:
        self.client = RadiusClient(Endpoint("127.0.0.1", port), Secret(secret), timeout_s=2.0, tries=2)
        super().__init__(self.client, GWID, AA, b"amp")
        self.answers: list[Any] = []

    def __call__(self, asked: Any) -> Any:
        self.answers.append(super().__call__(asked))
        return self.answers[-1]


@pytest.fixture
def with_hostapd(tmp_path: Path) -> Iterator[None]:
    with hostapd(tmp_path):
        yield


@pytest.fixture
def with_freeradius(tmp_path: Path) -> Iterator[None]:
    with freeradius(tmp_path):
        yield


def link_to(relay: EapRelay, psk: bytes = PSK, identity: bytes = b"psk@amp.test", akm: int = 5) -> Link:
    return Link(RsnaParameters(akms=(akm,)), server=relay, eap_psk=psk, identity=identity)


def pmk_of_tag(link: Link) -> bytes:
    bond = link.tag._bond  # type: ignore[attr-defined]  # the tag tells nobody its PMK
    return bond.pmk.expose()


@pytest.mark.parametrize("akm", [1, 5])
def test_eap_psk_of_hostapd_opens_the_port(with_hostapd: None, akm: int) -> None:
    """R4.9, R4.18: three round trips; the 4-way handshake holds, so tag and MS-MPPE keys agree."""
    relay = Watched(HOSTAPD_PORT)
    link = link_to(relay, akm=akm)
    assert link.connect()
    assert relay.answers[-1].accepted
    assert len(relay.answers[-1].msk) == 64
    assert relay.client.counters["asked"] == 3


def test_the_tags_msk_is_what_the_mppe_keys_say(with_hostapd: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 4764 at the tag, RFC 2548 at hostapd: the same 64 octets."""
    from ampradio.security.rsna.tag import eap_psk

    derived: list[bytes] = []
    original = eap_psk.session_keys

    def kept(kdk: bytes, rand_p: bytes) -> Any:
        keys = original(kdk, rand_p)
        derived.append(keys.msk.expose())
        return keys

    monkeypatch.setattr(eap_psk, "session_keys", kept)
    relay = Watched(HOSTAPD_PORT)
    assert link_to(relay).connect()
    assert derived == [relay.answers[-1].msk.expose()]


def test_a_wrong_psk_is_rejected(with_hostapd: None) -> None:
    relay = Watched(HOSTAPD_PORT)
    link = link_to(relay, psk=bytes(15) + b"\x01")
    assert not link.connect()
    assert not any(answer.accepted or answer.msk for answer in relay.answers)
    assert link.ap.port(ID) is Port.BLOCKED and link.tag.port is Port.BLOCKED


def test_an_unknown_identity_is_rejected(with_hostapd: None) -> None:
    relay = Watched(HOSTAPD_PORT)
    link = link_to(relay, identity=b"nobody@amp.test")
    assert not link.connect()
    assert relay.answers[-1].rejected
    assert link.ap.port(ID) is Port.BLOCKED


def test_a_wrong_radius_secret_installs_nothing(with_hostapd: None) -> None:
    """hostapd drops what it cannot verify; our side says whom it asked and what to look at."""
    relay = Watched(HOSTAPD_PORT, b"another secret")
    link = link_to(relay)
    with pytest.raises(RadiusError, match="does not answer") as raised:
        link.connect()
    assert "secret" in raised.value.fix
    assert {link.ap.port(ID), link.tag.port} == {Port.EAP_ONLY}
    assert not link.heard("tag", "keys_installed") and not link.heard("ap", "keys_installed")


def test_eap_tls_of_freeradius_opens_the_port(with_freeradius: None) -> None:
    """RFC 5216 with certificates at both ends; FreeRADIUS demands a Message-Authenticator."""
    certs = {name: (RADIUS / "certs" / name).read_bytes() for name in ("client.pem", "client.key", "ca.pem")}
    credential = TlsCredential(certs["client.pem"], Secret(certs["client.key"]), certs["ca.pem"], "server.amp.test")
    relay = Watched(FREERADIUS_PORT)
    link = link_of(relay, credential)
    assert link.connect(), (link.ap_events, relay.client.counters)
    assert relay.answers[-1].accepted and len(relay.answers[-1].msk) == 64
    assert pmk_of_tag(link) == relay.answers[-1].msk.expose()[:32]
    assert all(len(fragment_sizes(MAC, len(message.payload))) <= 8 for message in link.air)


def test_a_server_of_another_name_is_refused_by_the_tag(with_freeradius: None) -> None:
    certs = {name: (RADIUS / "certs" / name).read_bytes() for name in ("client.pem", "client.key", "ca.pem")}
    credential = TlsCredential(certs["client.pem"], Secret(certs["client.key"]), certs["ca.pem"], "other.amp.test")
    link = link_of(Watched(FREERADIUS_PORT), credential)
    assert not link.connect()
    assert link.tag.port is Port.BLOCKED


def test_tshark_reads_the_exchange(with_hostapd: None, tmp_path: Path) -> None:
    """Every packet is RADIUS with EAP inside; response authenticators by tshark, Message-Authenticators by scapy."""
    capture = tmp_path / "radius.pcapng"
    listening = [program("tshark"), "-i", "lo", "-w", str(capture), "-f", f"udp port {HOSTAPD_PORT}", "-a", "packets:6"]
    with subprocess.Popen([*listening, "-a", "duration:30"], stderr=subprocess.PIPE, text=True) as tshark:
        assert tshark.stderr is not None
        while "Capturing on" not in tshark.stderr.readline():
            assert tshark.poll() is None
        assert wait_for(lambda: capture.exists() and capture.stat().st_size > 0)
        assert link_to(Watched(HOSTAPD_PORT)).connect()
        tshark.communicate(timeout=40)
    options = ["-o", f"radius.shared_secret:{SECRET.decode()}", "-o", "radius.validate_authenticator:TRUE"]
    fields = ["radius.code", "radius.authenticator.valid", "radius.authenticator.invalid", "eap.code", "eap.type"]
    shown = [word for field in fields for word in ("-e", field)]
    command = [program("tshark"), "-r", str(capture), *options, "-T", "fields", *shown]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["1", "11", "1", "11", "1", "2"]
    assert [row[1:3] for row in rows if row[0] != "1"] == [["1", "0"]] * 3
    assert [row[3] for row in rows] == ["2", "1", "2", "1", "2", "3"]
    assert [row[4] for row in rows] == ["1", "47", "47", "47", "47", ""]
    packets = [bytes(packet[UDP].payload) for packet in rdpcap(str(capture))]
    for number, octets in enumerate(packets):
        attributes = Radius(octets).attributes
        [carried] = [each.value for each in attributes if isinstance(each, RadiusAttr_Message_Authenticator)]
        clear = Radius(octets.replace(carried, bytes(16)))
        asked = packets[number - number % 2][4:20]
        assert carried == RadiusAttr_Message_Authenticator.compute_message_authenticator(clear, asked, SECRET)


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def rsna(folder: Path, server: str, *more: str) -> tuple[bool, list[str]]:
    """Run S4 with EAP between the stations of an experiment; return whether it held, and the readings."""
    (folder / "radius.secret").write_bytes(SECRET + b"\n")
    (folder / "eap.key").write_text(PSK.hex())
    text = f"""
[security]
system = "rsna"
server = "{server}"
server_secret_file = "radius.secret"
[security.rsna]
akm = 5
[ap]
address = "02:00:0a:0b:0c:0d"
commands = ["led on"]
[[tags]]
eap_identity = "psk@amp.test"
eap_psk_file = "eap.key"
readings = ["21.5C", "41%"]
"""
    plan = experiment_of(text, folder / "e.toml", overrides=list(more))
    stations = stations_of(plan)
    told = Exchange(plan.profile, {"ap": stations.ap}, {"tag": stations.tag}, perfect_link).run(60_000_000_000)
    data = [event.detail["data_hex"] for _, event in told if event.kind == "security.uplink_data"]
    return stations.ap.finished and stations.ap.succeeded, [bytes.fromhex(each).decode() for each in data]


@pytest.mark.parametrize("encoding", ["lite", "full"])
def test_the_stations_of_an_experiment_use_hostapd(with_hostapd: None, tmp_path: Path, encoding: str) -> None:
    """The same over the MAC: solicited slots, fragments, 4-way handshake, protected data."""
    ok, readings = rsna(tmp_path, f"radius://127.0.0.1:{HOSTAPD_PORT}", f"security.rsna.encoding={encoding}")
    assert ok and readings == ["21.5C", "41%"]


def test_the_stations_of_an_experiment_use_freeradius(with_freeradius: None, tmp_path: Path) -> None:
    (tmp_path / "certificates").symlink_to(RADIUS / "certs")
    text = f"""
[security]
system = "rsna"
server = "radius://127.0.0.1:{FREERADIUS_PORT}"
server_secret_file = "radius.secret"
[security.rsna]
akm = 5
[[tags]]
eap_identity = "client.amp.test"
eap_certificates = "certificates"
eap_server_name = "server.amp.test"
readings = ["21.5C"]
"""
    (tmp_path / "radius.secret").write_bytes(SECRET)
    plan = experiment_of(text, tmp_path / "e.toml")
    stations = stations_of(plan)
    Exchange(plan.profile, {"ap": stations.ap}, {"tag": stations.tag}, perfect_link).run(60_000_000_000)
    assert stations.ap.finished and stations.ap.succeeded


def test_the_authority_passes_eap_on_to_hostapd(with_hostapd: None, tmp_path: Path) -> None:
    """Gateway, our authority, hostapd: two secrets, one Message-Authenticator on each leg, one MSK."""
    world = World(tmp_path)
    upstream = RadiusClient(Endpoint("127.0.0.1", HOSTAPD_PORT), Secret(SECRET))
    database: list[Any] = []

    def respond(heard: bytes) -> list[bytes]:
        if not database:  # SQLite's connection belongs to the thread that opened it
            database.append(Database(tmp_path / "as.sqlite", Vault(KEY)))
            database.append(AuthorityServer(database[0], MAC, EapProxy(upstream)))
        said = database[1].answer(heard)
        return [said] if said else []

    with serving(respond) as endpoint:
        relay = Watched(endpoint.port, SECRETS[GWID].expose())
        assert link_to(relay).connect()
        assert len(relay.answers[-1].msk) == 64
        assert not link_to(relay, psk=bytes(16)).connect()
    assert upstream.counters["asked"] == 5 and database[1].counters["eap"] == 5
    world.database.close()


if os.geteuid() != 0:  # an ordinary user has a network of their own inside a user namespace only
    for name in [name for name in globals() if name.startswith("test_")]:
        del globals()[name]

    def test_everything_in_a_user_namespace(tmp_path: Path) -> None:
        command = [program("unshare"), "-Urn", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["--basetemp", str(tmp_path / "inside"), __file__]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
