"""What no client says: lines drawn at random, commands cut off, lengths that are lies, a thousand connections."""

from __future__ import annotations

import contextlib
import random
import resource
import socket
import threading
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from ampradio.radio.emulator import EmulatedNetwork
from ampradio.radio.emulator.air import Field, FlatAir
from tests.radio.plutos import network
from tests.radio.test_protocol import Client

RECEIVE, SEND = "cf-ad9361-lpc", "cf-ad9361-dds-core-lpc"
VERBS = ("VERSION", "PRINT", "ZPRINT", "TIMEOUT", "GETTRIG", "SETTRIG", "SET", "READ", "WRITE", "OPEN", "READBUF",
         "WRITEBUF", "CLOSE", "HELP", "EXIT", "open", "")  # fmt: skip
WORDS = (RECEIVE, SEND, "ad9361-phy", "xadc", "iio:device0", "iio:device3", "INPUT", "OUTPUT", "DEBUG", "BUFFER",
         "voltage0", "altvoltage0", "RX_LO", "frequency", "hardwaregain", "ensm_mode", "loopback", "direct_reg_access",
         "filter_fir_config", "BUFFERS_COUNT", "CYCLIC", "00000003", "00000001", "ffffffff", "0", "1", "4", "64",
         "1024", "4096", "65536", "-1", "4294967296", "99999999999", "67108865",
         "٣", "\0", "%s%n", "../..", "x" * 300)  # fmt: skip
PATIENCE_S = 20


def line(rng: random.Random) -> bytes:
    """A command that is right in parts, or only octets; perhaps with some of what a write announces."""
    if rng.random() < 0.1:
        return rng.randbytes(rng.randrange(200)) + b"\n"
    words = [rng.choice(VERBS), *(rng.choice(WORDS) for _ in range(rng.randrange(6)))]
    return " ".join(words).encode() + rng.choice((b"\r\n", b"\n")) + rng.randbytes(rng.choice((0, 0, 4, 64, 256)))


def abuse(radios: EmulatedNetwork, seed: int, lines: int) -> None:
    """Say so many lines, at once, and leave; what is answered is read, or not."""
    rng = random.Random(seed)
    talker = socket.create_connection(radios.servers[0].address, timeout=PATIENCE_S)
    with talker, contextlib.suppress(ConnectionError):
        talker.sendall(b"".join(line(rng) for _ in range(lines)))
        talker.shutdown(socket.SHUT_WR)
        if rng.random() < 0.7:
            while talker.recv(1 << 16):
                pass


@pytest.fixture
def radios() -> Iterator[EmulatedNetwork]:
    with network() as each:
        yield each


def is_well(radios: EmulatedNetwork) -> bool:
    """Whether nobody is left in a buffer, and a client gets samples."""
    until = time.monotonic() + PATIENCE_S
    pluto = radios.plutos[0]
    while (pluto.capture or pluto.playback or radios.servers[0]._clients) and time.monotonic() < until:
        time.sleep(0.005)
    client = Client(radios)
    well = client.ask(f"OPEN {RECEIVE} 64 00000003") == 0 and client.ask(f"READBUF {RECEIVE} 256") == 256
    client.close()
    return well


def test_random_lines_neither_crash_nor_hang_it(radios: EmulatedNetwork) -> None:
    before = threading.active_count()
    failed: list[str] = []
    hook, threading.excepthook = threading.excepthook, lambda problem: failed.append(str(problem.exc_value))
    try:
        for seed in range(60):
            abuse(radios, seed, 40)
        talkers = [threading.Thread(target=abuse, args=(radios, 1000 + each, 30)) for each in range(24)]
        for talker in talkers:
            talker.start()
        for talker in talkers:
            talker.join(PATIENCE_S)
            assert not talker.is_alive()
        assert is_well(radios)
    finally:
        threading.excepthook = hook
    assert failed == []
    assert threading.active_count() <= before + 2


def test_whatever_is_written_every_attribute_stays_readable(radios: EmulatedNetwork) -> None:
    client, rng = Client(radios), random.Random(2)
    context = ElementTree.fromstring(client.text("PRINT"))
    values = [
        b"",
        b"\0",
        b"nan",
        b"-inf",
        b"1e400",
        b"9" * 60,
        b"-" * 9,
        b"0x",
        b"\xff\xfe",
        b"1 2 3",
        b"0",
        b"1",
        b"-1",
    ]
    for device in context.iter("device"):
        for channel in device.iter("channel"):
            where = f"{device.get('id')} {(channel.get('type') or '').upper()} {channel.get('id')}"
            for attribute in channel.iter("attribute"):
                for value in [*values, rng.randbytes(rng.randrange(90))]:
                    answer = client.ask(f"WRITE {where} {attribute.get('filename')} {len(value)}", value)
                    assert answer == len(value) or answer in (-13, -22, -95), (attribute.get("filename"), value)
                assert client.text(f"READ {where} {attribute.get('filename')}")
        for element, word in (("attribute", ""), ("debug-attribute", "DEBUG "), ("buffer-attribute", "BUFFER ")):
            for attribute in device.findall(element):
                for value in [*values, rng.randbytes(rng.randrange(90))]:
                    where = f"{device.get('id')} {word}{attribute.get('name')}"
                    answer = client.ask(f"WRITE {where} {len(value)}", value)
                    assert answer == len(value) or answer in (-13, -22), (attribute.get("name"), value)
                    assert client.text(f"READ {where}") is not None
    client.close()


@pytest.mark.parametrize(
    "cut",
    [
        b"VERS",
        b"WRITE ad9361-phy ensm_mode 4\nfd",
        f"OPEN {SEND} 64 00000003\nWRITEBUF {SEND} 256\n".encode() + bytes(9),
    ],
)
def test_a_command_that_breaks_off(radios: EmulatedNetwork, cut: bytes) -> None:
    with socket.create_connection(radios.servers[0].address, timeout=PATIENCE_S) as talker:
        talker.sendall(cut)
    assert is_well(radios)
    assert radios.plutos[0].chip.ensm == "fdd"


def test_a_thousand_connections(radios: EmulatedNetwork) -> None:
    """A handful is served, the others are turned away at once; who was there stays, and later ones are welcome."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    before = threading.active_count()
    patient = Client(radios)
    assert patient.is_open()
    crowd = [socket.create_connection(radios.servers[0].address, timeout=PATIENCE_S) for _ in range(1000)]
    assert patient.is_open()
    assert threading.active_count() <= before + 40
    for each in crowd:
        each.close()
    patient.close()
    assert is_well(radios)


def test_a_block_as_large_as_the_driver_allows_takes_little_more_than_its_own_memory(radios: EmulatedNetwork) -> None:
    client = Client(radios)
    assert client.ask(f"OPEN {RECEIVE} 16777217 00000003") == -12
    assert client.ask(f"SET {RECEIVE} BUFFERS_COUNT 2") == client.ask(f"OPEN {RECEIVE} 4194304 00000003") == 0
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert client.ask(f"READBUF {RECEIVE} 16777216") == 16777216
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) * 1024
    assert grown < 4 * 16777216
    client.close()


def test_a_fault_of_the_air_is_told_and_the_client_hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    """A ValueError within is no client's: it is logged with its place, the next client is served."""

    class Torn(FlatAir):
        def heard(self, *_: object) -> Field:
            raise ValueError("the air is torn")

    with network(1, air=Torn()) as radios:
        client = Client(radios)
        assert client.ask(f"OPEN {RECEIVE} 64 00000003") == 0
        client.stream.write(f"READBUF {RECEIVE} 256\r\n".encode())
        client.stream.flush()
        assert client.stream.read() == b""
        client.close()
        (told,) = (each for each in caplog.records if each.levelname == "ERROR")
        assert told.exc_info is not None and "the air is torn" in str(told.exc_info[1])
        again = Client(radios)
        assert again.ask(f"OPEN {RECEIVE} 64 00000003") == 0
        again.close()
