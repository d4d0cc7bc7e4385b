"""The authentication server from its database to its port: what it keeps, whom it believes, and what bad input does."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrad.packet import AuthPacket

from ampradio.mac.exchange import Exchange, perfect_link
from ampradio.profile import load_profile
from ampradio.security.entropy import SeededEntropy
from ampradio.security.provisioning import manufacture
from ampradio.security.provisioning.backhaul import Ask, Challenge, Confirm, Introduce, Reject
from ampradio.security.secret import Secret
from testbed.authority.database import Database, DatabaseError, DuplicateError
from testbed.authority.eap_proxy import EapProxy
from testbed.authority.entry import Entry, EntryError
from testbed.authority.fleet import as_text, entries_of, rows_of
from testbed.authority.schema import StoreSettings
from testbed.authority.server import AuthorityServer
from testbed.authority.service import Service
from testbed.authority.tag_file import TagFile
from testbed.authority.vault import Vault, VaultError, write_secret
from testbed.cli import main
from testbed.experiment.error import ExperimentError
from testbed.experiment.load import experiment_of
from testbed.radius.attributes import dictionary, put
from testbed.radius.client import Endpoint, RadiusClient, RadiusError
from testbed.radius.provisioning import answer as fill
from testbed.radius.provisioning import question
from testbed.radius.remote_server import RemoteServer
from testbed.runner.stations import stations_of

KEY, PRIVATE = bytes(range(32)), bytes(range(32, 64))
GWID, OTHER = bytes.fromhex("0a0b0c0d"), bytes.fromhex("01020304")
SECRETS = {GWID: Secret(b"first gateway's"), OTHER: Secret(b"second gateway's")}
MAC = load_profile().mac
SERIAL, NUMBER = bytes(range(100, 116)), 7


class World:
    """A database with gateways and one tag, a server on a port, and a gateway's way to it."""

    def __init__(self, folder: Path, variant: str = "hardened") -> None:
        self.folder = folder
        self.database = Database.create(folder / "as.sqlite", Vault(KEY), Secret(PRIVATE), StoreSettings(variant))
        for gwid, secret in SECRETS.items():
            self.database.add_gateway(gwid, secret)
        parameters = self.database.settings.parameters()
        self.made = manufacture(parameters, self.database.public, SeededEntropy(5))
        self.database.add([Entry(self.made.record, "sensor", Secret(b"p" * 32))])
        TagFile("sensor", variant, self.made.identity, Secret(b"p" * 32)).write(folder / "sensor.tag.json")
        write_secret(folder / "gw.secret", SECRETS[GWID].expose())
        write_secret(folder / "as.key", KEY)
        self.server = AuthorityServer(self.database, MAC)

    def ask(self, gwid: bytes = GWID, device_hash: bytes | None = None, secret: Secret | None = None) -> bytes:
        """Return the octets of a gateway's Ask."""
        asked = Ask(NUMBER, int(self.database.settings.parameters().prof), device_hash or self.made.qr)
        packet = AuthPacket(secret=(secret or SECRETS[gwid]).expose(), dict=dictionary(), id=9)
        packet.authenticator = bytes(range(16))
        packet.add_message_authenticator()
        put(packet, question(gwid, asked))
        octets: bytes = packet.RequestPacket()
        return octets


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.database.close()


@contextlib.contextmanager
def serving(respond: Callable[[bytes], list[bytes]]) -> Iterator[Endpoint]:
    """A UDP port that answers as it is told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    heard, peer = port.recvfrom(8192)
                    for said in respond(heard):
                        port.sendto(said, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Endpoint("127.0.0.1", port.getsockname()[1])
        finally:
            over.set()
            thread.join()


def remote(endpoint: Endpoint, secret: Secret = SECRETS[GWID], timeout_s: float = 0.3, tries: int = 2) -> RemoteServer:
    return RemoteServer(RadiusClient(endpoint, secret, timeout_s=timeout_s, tries=tries))


@contextlib.contextmanager
def amp_as(folder: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The program itself; yields its endpoint."""
    command = [sys.executable, "-m", "testbed.cli", "as", "--db", str(folder / "as.sqlite"), "--json"]
    command += ["--key-file", str(folder / "as.key"), "--listen", "127.0.0.1:0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["endpoint"], process
        finally:
            process.kill()


def experiment(folder: Path, server: str, secret: str, *more: str) -> Any:
    text = f"""
radio = "sim:"
[security]
system = "provisioning"
server = "{server}"
server_secret_file = "{secret}"
[ap]
address = "02:00:0a:0b:0c:0d"
[[tags]]
identity_file = "sensor.tag.json"
readings = ["21.5C", "41%"]
"""
    return experiment_of(text, folder / "e.toml", overrides=list(more))


def run(plan: Any) -> tuple[list[tuple[str, Any]], bool]:
    stations = stations_of(plan)
    told = Exchange(plan.profile, {"ap": stations.ap}, {"tag": stations.tag}, perfect_link).run(20_000_000_000)
    return told, stations.ap.finished and stations.ap.succeeded


def readings(told: list[tuple[str, Any]]) -> list[str]:
    found = [event.detail for _, event in told if event.kind == "security.uplink_data"]
    return [bytes.fromhex(detail["data_hex"]).decode() for detail in found]


def test_a_tag_is_provisioned_through_amp_as(world: World) -> None:
    """R2.21, R2.23, R2.24: a server of its own process, TK1 and TK2 under the gateway's secret; twice, with epochs."""
    world.database.close()
    with amp_as(world.folder) as (endpoint, process):
        for _ in range(2):
            told, ok = run(experiment(world.folder, endpoint, "gw.secret"))
            assert ok and readings(told) == ["21.5C", "41%"]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr is not None and "accept 2, challenge 2" in process.stderr.read()
    record = Database(world.folder / "as.sqlite", Vault(KEY)).find(world.made.qr)
    assert record is not None and record.epoch == 3 and record.current is not None and record.current.gwid == GWID


@pytest.mark.parametrize("variant", ["literal", "identity-hiding"])
def test_every_variant_speaks_radius(tmp_path: Path, variant: str) -> None:
    world = World(tmp_path, variant)
    with serving(lambda heard: [said] if (said := shared(tmp_path, heard)) else []) as endpoint:
        told, ok = run(experiment(tmp_path, str(endpoint), "gw.secret", f"security.variant={variant}"))
    assert ok and readings(told) == ["21.5C", "41%"]
    world.database.close()


def shared(folder: Path, heard: bytes) -> bytes | None:
    """Answer from a database that is opened for this datagram alone: the server keeps nothing else (R2.25)."""
    database = Database(folder / "as.sqlite", Vault(KEY))
    try:
        return AuthorityServer(database, MAC).answer(heard)
    finally:
        database.close()


def test_a_database_beside_the_gateway(world: World) -> None:
    """R2.22, R2.10: collocated, and end to end too."""
    plan = experiment(world.folder, "sqlite:as.sqlite", "as.key", "security.provisioning.end_to_end=true")
    told, ok = run(plan)
    assert ok and readings(told) == ["21.5C", "41%"]
    assert "as.key" not in json.dumps(plan.to_manifest()) and KEY.hex() not in repr(plan)


def test_no_secret_lies_in_the_file(world: World) -> None:
    """Records, PSK, the server's key and gateways' secrets are sealed; another key opens none of it."""
    world.server.answer(world.ask())
    octets = (world.folder / "as.sqlite").read_bytes()
    hidden = [PRIVATE, b"p" * 32, world.made.record.serial.expose(), *(secret.expose() for secret in SECRETS.values())]
    for secret in hidden:
        assert secret not in octets and secret.hex().encode() not in octets
    assert world.made.record.public.hex().encode() not in octets
    with pytest.raises(VaultError):
        Database(world.folder / "as.sqlite", Vault(bytes(32)))
    assert (world.folder / "as.sqlite").stat().st_mode & 0o077 == 0


def test_unknown_device_wrong_secret_other_gateway(world: World) -> None:
    """Unknown: Access-Reject. Not believed: no answer at all, and nothing written."""
    with serving(lambda heard: [said] if (said := shared(world.folder, heard)) else []) as endpoint:
        assert remote(endpoint).answer(GWID, Ask(1, 2, bytes(32))) == Reject(1, "unknown_device")
        for gwid, secret in ((GWID, Secret(b"wrong")), (OTHER, SECRETS[GWID]), (b"nobo", SECRETS[GWID])):
            with pytest.raises(RadiusError, match="does not answer"):
                remote(endpoint, secret, 0.2, 1).answer(gwid, Ask(1, 2, world.made.qr))
    assert [record.epoch for record in world.database] == [0]
    assert world.server.answer(world.ask(secret=Secret(b"wrong"))) is None
    assert world.server.counters == {"unverified": 1}


def test_a_repeated_question_is_answered_once(world: World) -> None:
    """A retransmission gets the identical answer (RFC 5080, 2.2.2); the epoch goes up once."""
    first = world.server.answer(world.ask())
    assert first is not None and world.server.answer(world.ask()) == first
    assert [record.epoch for record in world.database] == [1]
    assert world.server.counters["asked_again"] == 1


def test_every_truncation_and_bit_flip_of_a_question(world: World) -> None:
    """Lying lengths included: no answer, no exception, nothing written."""
    octets = world.ask()
    bad = [octets[:size] for size in range(len(octets))]
    whole = int.from_bytes(octets, "big")
    bad += [(whole ^ 1 << at).to_bytes(len(octets), "big") for at in range(8 * len(octets))]
    assert not [each for each in bad if world.server.answer(each) is not None]
    assert [record.epoch for record in world.database] == [0]


ATTRIBUTES = [1, 12, 24, 26, 33, 79, *((32473, number) for number in range(1, 8))]


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("patient"))


@settings(max_examples=150, deadline=None)
@given(attributes=st.lists(st.tuples(st.sampled_from(ATTRIBUTES), st.binary(max_size=40)), max_size=8))
def test_attributes_of_any_size_under_the_right_secret(patient: World, attributes: list[tuple[Any, bytes]]) -> None:
    """A gateway gone mad: what is authentic but nonsense is dropped, never an exception, and changes nothing."""
    packet = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary())
    packet.authenticator = bytes(16)
    packet.add_message_authenticator()
    packet.AddAttribute("NAS-Identifier", GWID.hex().encode())
    for key, value in attributes:
        packet.setdefault(key, []).append(value)
    patient.server.answer(packet.RequestPacket())
    assert [record.epoch for record in patient.database] == [0]


def test_garbage_stale_and_unsigned_answers_are_dropped(world: World) -> None:
    """The gateway waits for the one answer that is right, whatever else comes first."""

    def respond(heard: bytes) -> list[bytes]:
        said = shared(world.folder, heard)
        assert said is not None
        unsigned = said[:4] + bytes(16) + said[20:]
        lying = said[:2] + (len(said) + 9).to_bytes(2, "big") + said[4:]
        return [b"", b"\xff" * 300, said[:30], lying, unsigned, bytes([said[0], said[1] ^ 1]) + said[2:], said]

    with serving(respond) as endpoint:
        server = remote(endpoint, timeout_s=2.0)
        assert isinstance(server.answer(GWID, Ask(1, 2, world.made.qr)), Challenge)
        counters = server._client.counters
    assert counters["answered"] == 1 and counters["malformed"] >= 4 and counters["stale"] == 1
    assert counters["unverified"] == 1


def test_message_authenticator_is_required_both_ways(world: World) -> None:
    """CVE-2024-3596: without it a question gets no answer, and an answer counts for nothing, however right it is."""
    bare = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary(), id=9)
    bare.authenticator = bytes(range(16))
    put(bare, question(GWID, Ask(1, 2, world.made.qr)))
    assert world.server.answer(bare.RequestPacket()) is None
    assert world.server.counters == {"unverified": 1}

    def respond(heard: bytes) -> list[bytes]:
        asked = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary(), packet=heard)
        reply = asked.CreateReply(message_authenticator=False)
        fill(reply, Reject(1, "because"))
        return [reply.ReplyPacket()]

    with serving(respond) as endpoint, pytest.raises(RadiusError, match="unverified"):
        remote(endpoint).answer(GWID, Ask(1, 2, world.made.qr))


def test_signed_nonsense_is_a_rejection(world: World) -> None:
    """A server that shares the secret and has gone mad: the gateway refuses, and says so."""

    def respond(heard: bytes) -> list[bytes]:
        asked = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary(), packet=heard)
        reply = asked.CreateReply()
        reply.request_authenticator = asked.authenticator
        reply.add_message_authenticator()
        put(reply, [("AMP-Question-Number", 1), ("AMP-Address", 1), ("MS-MPPE-Recv-Key", bytes(15))])
        return [reply.ReplyPacket()]

    with serving(respond) as endpoint:
        server = remote(endpoint)
        assert server.answer(GWID, Ask(1, 2, world.made.qr)) == Reject(1, "server_answered_nonsense")
        plan = experiment(world.folder, str(endpoint), "gw.secret", "ap.retries=0")
        told, ok = run(plan)
    assert not ok and "security.provisioned" not in [event.kind for _, event in told]


MISTAKES = [
    ("security.server=http://x", "radius://"),
    ("security.server=radius://x:99999", "radius://"),
    ("security.server_secret_file=none", "none cannot be read"),
    ("security.server_secret_file=empty", "no octets"),
    ("security.system=aiot", "no authentication server"),
    ("security.variant=literal", "made for variant"),
    ("security.provisioning.end_to_end=true", "no commands"),
    ("security.provisioning.hash_octets=16", "made for 8 octets"),
    ("security.provisioning.qr_file=gw.secret", "no picture"),
    ("security.server=", "there is no server"),
    ("tags[0].identity_file=gw.secret", "no tag's file"),
]


@pytest.mark.parametrize(("override", "what"), MISTAKES)
def test_an_experiment_that_cannot_be(world: World, override: str, what: str) -> None:
    (world.folder / "empty").touch()
    with pytest.raises(ExperimentError, match=re.escape(what)) as raised:
        experiment(world.folder, "radius://127.0.0.1:1", "gw.secret", override)
    assert raised.value.fix and SECRETS[GWID].expose().decode() not in str(raised.value)


@pytest.mark.parametrize("respond", [lambda heard: [], lambda heard: [b"\x02" * 64] * 50, lambda heard: [heard]])
def test_a_silent_mad_or_echoing_server_ends_the_run_clearly(world: World, respond: Any, tmp_path: Path) -> None:
    """Nothing is installed at either end, and the error names the server."""
    with serving(respond) as endpoint:
        plan = experiment(world.folder, str(endpoint), "gw.secret")
        stations = stations_of(plan)
        exchange = Exchange(plan.profile, {"ap": stations.ap}, {"tag": stations.tag}, perfect_link)
        with pytest.raises(RadiusError, match=f":{endpoint.port} does not answer"):
            exchange.run(1_000_000_000)
    assert [record.epoch for record in world.database] == [0]


def test_amp_provision_tells_that_nobody_listens(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: an AS that does not answer is exit code 3."""
    from testbed.authority.label import write_label

    write_label(world.folder / "l.png", world.made.qr, "sensor")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        arguments = ["--qr", str(world.folder / "l.png"), "--tag", str(world.folder / "sensor.tag.json")]
        arguments += ["--gateway", GWID.hex(), "--server", f"radius://127.0.0.1:{silent.getsockname()[1]}"]
        arguments += ["--secret-file", str(world.folder / "gw.secret"), "--out", str(world.folder / "run")]
        assert main(["provision", *arguments, "-q"]) == 3
    said = capsys.readouterr().err
    assert "does not answer" in said and SECRETS[GWID].expose().decode() not in said
    assert SECRETS[GWID].expose().decode() not in (world.folder / "run/manifest.json").read_text()


def test_a_locked_database_answers_nothing_and_loses_nothing(world: World) -> None:
    """A second connection holds the file; afterwards the same question is answered."""
    with contextlib.closing(sqlite3.connect(world.folder / "as.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert world.server.answer(world.ask()) is None
        other.execute("ROLLBACK")
    assert world.server.counters["database_failed"] == 1
    assert world.server.answer(world.ask()) is not None
    assert [record.epoch for record in world.database] == [1]


def test_a_full_disk_answers_nothing_and_loses_nothing(world: World) -> None:
    """The kernel refuses to write past a limit (RLIMIT_FSIZE), as a full disk would."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, was[1]))
    try:
        assert world.server.answer(world.ask()) is None
        with pytest.raises(DatabaseError):
            world.database.replace_psk(world.made.qr, Secret(b"n" * 32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
        signal.signal(signal.SIGXFSZ, heard)
    assert world.server.counters["database_failed"] == 1
    assert world.server.answer(world.ask()) is not None
    entry = world.database.entry(world.made.qr)
    assert entry is not None and entry.record.epoch == 1 and entry.key_version == 0


def test_a_record_that_somebody_else_wrote_is_not_overwritten(world: World) -> None:
    record = world.database.find(world.made.qr)
    assert record is not None
    second = Database(world.folder / "as.sqlite", Vault(KEY))
    second.replace_psk(world.made.qr, Secret(b"n" * 32))
    with pytest.raises(DatabaseError, match="changed"):
        world.database.put(record)
    entry = second.entry(world.made.qr)
    assert entry is not None and entry.key_version == 1 and entry.psk == Secret(b"n" * 32)
    second.close()


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_fleet_moves_to_another_server_with_its_epochs(world: World, kind: str, tmp_path: Path) -> None:
    """R2.27 in practice: all of a record survives an export with secrets; one without shows none."""
    world.server.answer(world.ask())
    text = as_text(rows_of(world.database.entries(), secrets=True), kind, secrets=True)
    [moved], [kept] = entries_of(text, kind), world.database.entries()
    assert moved == kept and moved.record.epoch == 1
    shown = as_text(rows_of(world.database.entries(), secrets=False), kind, secrets=False)
    assert kept.record.serial.expose().hex() not in shown and (b"p" * 32).hex() not in shown
    with pytest.raises(EntryError):
        entries_of(shown, kind)


def test_duplicates_leave_the_database_as_it_was(world: World) -> None:
    """Device or serial number known, in the file or twice in the import: none of it is taken."""
    parameters = world.database.settings.parameters()
    fresh = [manufacture(parameters, world.database.public, SeededEntropy(50 + n), serial=SERIAL) for n in range(2)]
    for entries in ([Entry(one.record) for one in fresh], [Entry(fresh[0].record), Entry(world.made.record)]):
        with pytest.raises(DuplicateError, match="device 2"):
            world.database.add(entries)
        assert len(list(world.database)) == 1
    with pytest.raises(DuplicateError):
        world.database.add_gateway(b"more", SECRETS[GWID])


BAD_CSV = ["", "public\n00\n", "public,serial\n,\n", "public,serial\nzz,00\n", "public,serial\n" + "00" * 32 + ",00\n",
           "public,serial,epoch\n" + "00" * 32 + "," + "11" * 16 + ",-1\n", '{"devices": 3}', "\x00"]  # fmt: skip


@pytest.mark.parametrize("text", BAD_CSV)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_bad_import_is_refused_with_a_reason(text: str, kind: str) -> None:
    if text or kind == "json":
        with pytest.raises(EntryError) as raised:
            entries_of(text, kind)
        assert str(raised.value)


def test_a_clock_that_jumps_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here reads the wall clock: years back or ahead, questions are answered alike."""
    import time

    first = world.server.answer(world.ask())
    for jump_s in (-1e9, 1e9):
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: 1.7e9 + jump_s)
        assert world.server.answer(world.ask()) == first


@pytest.mark.parametrize(("delay_s", "comes"), [(0.45, True), (1.2, False)])
def test_a_slow_server(world: World, delay_s: float, comes: bool) -> None:
    """An answer that comes during a repetition is the answer; one that comes after the last is an error, exit 3."""
    import time

    def respond(heard: bytes) -> list[bytes]:
        said = shared(world.folder, heard)
        time.sleep(delay_s)
        return [said] if said else []

    with serving(respond) as endpoint:
        server = remote(endpoint, timeout_s=0.3, tries=3)
        if comes:
            assert isinstance(server.answer(GWID, Ask(1, 2, world.made.qr)), Challenge)
        else:
            with pytest.raises(RadiusError, match=r"0\.9 s"):
                server.answer(GWID, Ask(1, 2, world.made.qr))


def test_questions_that_fit_no_variant(world: World) -> None:
    """Introduce and Confirm out of turn get a Reject under the right secret."""
    with serving(lambda heard: [said] if (said := shared(world.folder, heard)) else []) as endpoint:
        server = remote(endpoint)
        assert server.answer(GWID, Introduce(3, world.made.qr, bytes(8), bytes(60))) == Reject(3, "unexpected")
        assert isinstance(server.answer(GWID, Confirm(4, world.made.qr, bytes(3))), Reject)


def test_a_port_in_use(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with Service(world.server, "127.0.0.1", 0) as service:
        files = ["--db", str(world.folder / "as.sqlite"), "--key-file", str(world.folder / "as.key")]
        assert main(["as", *files, "--listen", f"127.0.0.1:{service.port}"]) == 3
    assert "cannot be listened on" in capsys.readouterr().err
    assert os.environ.get("AMP_AS_KEY") is None


def test_a_dead_eap_server_behind_the_authority(world: World) -> None:
    """EAP without a server to go on to, or with one that is silent, gets no answer; S2 goes on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        dead = RadiusClient(Endpoint("127.0.0.1", silent.getsockname()[1]), Secret(b"upstream"), timeout_s=0.1, tries=2)
        for proxy, reason in ((None, "no_eap_server"), (EapProxy(dead), "eap_server_silent")):
            server = AuthorityServer(world.database, MAC, proxy)
            packet = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary())
            packet.authenticator = bytes(16)
            packet.add_message_authenticator()
            eap = bytes.fromhex("0200000501")
            put(packet, [("User-Name", b"x"), ("NAS-Identifier", GWID.hex().encode()), ("EAP-Message", eap)])
            assert server.answer(packet.RequestPacket()) is None
            assert server.counters == {reason: 1}
            assert server.answer(world.ask()) is not None
    assert dead.counters["repeated"] == 1


def test_a_disk_without_room(tmp_path: Path) -> None:
    """A database or a file of secrets that cannot be made leaves nothing behind."""
    code = f"""
import os, resource, signal, sys
from pathlib import Path
from testbed.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from testbed.authority.vault import VaultError, write_secret
try:
    write_secret(Path({str(tmp_path / "fleet.csv")!r}), bytes(10_000))
except VaultError as error:
    print(error, file=sys.stderr)
sys.exit(main(["keys", "create", "--db", {str(tmp_path / "as.sqlite")!r}, "--key-file", {str(tmp_path / "k")!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "cannot be made" in done.stderr, done.stderr
    assert "fleet.csv cannot be made: File too large" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["k"]
