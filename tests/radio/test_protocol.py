"""The text protocol octet by octet, with a socket alone: good lines, bad lines, hang-ups."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pytest

from ampradio.radio.emulator import EmulatedNetwork
from tests.radio.plutos import network


class Client:
    """A connection that sends lines and reads answers."""

    def __init__(self, radios: EmulatedNetwork) -> None:
        self.socket = socket.create_connection(radios.servers[0].address, timeout=10)
        self.stream = self.socket.makefile("rwb")

    def ask(self, line: str, more: bytes = b"") -> int:
        """Send a line, and what belongs to it; return the number that comes back."""
        self.stream.write(line.encode() + b"\r\n" + more)
        self.stream.flush()
        return int(self.stream.readline())

    def text(self, line: str) -> str:
        """Send a line; return the text that comes back."""
        data = self.stream.read(self.ask(line) + 1)
        assert data[-1:] == b"\n"
        return data[:-1].rstrip(b"\0").decode()

    def is_open(self) -> bool:
        """Whether the server still answers."""
        return self.ask("TIMEOUT 1000") == 0

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


@pytest.fixture
def radios() -> Iterator[EmulatedNetwork]:
    with network() as each:
        yield each


@pytest.fixture
def client(radios: EmulatedNetwork) -> Iterator[Client]:
    each = Client(radios)
    yield each
    each.close()


def test_version_and_context(client: Client) -> None:
    client.stream.write(b"VERSION\r\n")
    client.stream.flush()
    major, minor, tag = client.stream.readline().rstrip(b"\n").split(b".", 2)
    assert (int(major), int(minor) >= 24, len(tag) >= 7) == (0, True, True)
    context = ElementTree.fromstring(client.text("PRINT"))
    assert [device.get("name") for device in context.iter("device")] == [
        "ad9361-phy",
        "xadc",
        "cf-ad9361-dds-core-lpc",
        "cf-ad9361-lpc",
    ]
    assert all(each.get("filename") for each in context.iterfind("device/channel/attribute"))


def test_every_attribute_of_the_context_can_be_read(client: Client) -> None:
    context = ElementTree.fromstring(client.text("PRINT"))
    count = 0
    for device in context.iter("device"):
        name = device.get("id")
        for channel in device.iter("channel"):
            direction = (channel.get("type") or "").upper()
            for each in channel.iter("attribute"):
                assert client.text(f"READ {name} {direction} {channel.get('id')} {each.get('filename')}")
                count += 1
        for element, word in (("attribute", ""), ("debug-attribute", "DEBUG "), ("buffer-attribute", "BUFFER ")):
            for each in device.findall(element):
                assert client.text(f"READ {name} {word}{each.get('name')}")
                count += 1
    assert count > 80


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ZPRINT", -22),
        ("NONSENSE", -22),
        ("READ", -22),
        ("READ nobody thing", -19),
        ("READ ad9361-phy thing", -2),
        ("READ ad9361-phy INPUT voltage9 rssi", -2),
        ("GETTRIG iio:device0", -2),
        ("SETTRIG iio:device0", -19),
        ("TIMEOUT -1", -22),
        ("TIMEOUT ٣", -22),
        ("OPEN cf-ad9361-lpc 1024 00000004", -22),
        ("OPEN cf-ad9361-lpc 1024 00000000", -22),
        ("OPEN cf-ad9361-lpc 1024 3", -22),
        ("OPEN cf-ad9361-lpc 1024 0000000g", -22),
        ("OPEN cf-ad9361-lpc 0 00000003", -22),
        ("OPEN cf-ad9361-lpc 99999999999 00000003", -12),
        ("OPEN cf-ad9361-lpc 1024 00000003 CYCLIC", -22),
        ("OPEN ad9361-phy 1024 00000001", -22),
        ("CLOSE cf-ad9361-lpc", -9),
        ("READBUF cf-ad9361-lpc 16", -9),
        ("WRITEBUF cf-ad9361-dds-core-lpc 16", -9),
        ("SET cf-ad9361-lpc BUFFERS_COUNT 0", -22),
        ("SET cf-ad9361-lpc BUFFERS_COUNT 65", -22),
        ("SET xadc BUFFERS_COUNT 4", -22),
    ],
)
def test_what_cannot_be_done_is_answered_with_its_errno(client: Client, line: str, answer: int) -> None:
    assert client.ask(line) == answer
    assert client.is_open()


def test_a_refused_value_is_still_taken_off_the_line(client: Client) -> None:
    assert client.ask("WRITE nobody thing 8", b"CLOSE 1\n") == -19
    assert client.ask("WRITE ad9361-phy ensm_mode 5", b"dance") == -22
    assert client.ask("WRITE ad9361-phy OUTPUT RX_LO frequency_available 1", b"1") == -13
    assert client.ask("WRITE ad9361-phy OUTPUT RX_LO frequency 10", b"868000000\0") == 10
    assert abs(int(client.text("READ ad9361-phy OUTPUT altvoltage0 frequency")) - 868_000_000) <= 3


@pytest.mark.parametrize("value", [b"\xff\xfe", b"", b"1e9", b"nan", b"-1", b"9" * 400, b"\0\0\0"])
def test_values_that_are_no_numbers_are_refused(client: Client, value: bytes) -> None:
    assert client.ask(f"WRITE ad9361-phy OUTPUT RX_LO frequency {len(value)}", value) == -22
    assert client.is_open()


@pytest.mark.parametrize(
    "sent", [b"A" * 5000, b"WRITE ad9361-phy ensm_mode 99999999\n", b"\xff\xfe\n" * 3 + b"B" * 4000]
)
def test_who_floods_is_hung_up_on(client: Client, radios: EmulatedNetwork, sent: bytes) -> None:
    client.stream.write(sent)
    client.stream.flush()
    client.socket.settimeout(5)
    with pytest.raises((ConnectionResetError, EOFError)):
        while True:
            if not client.stream.read1(4096):
                raise EOFError
    other = Client(radios)
    assert other.is_open()
    other.close()


def test_samples_come_in_the_pieces_that_are_asked_for(client: Client) -> None:
    assert client.ask("OPEN cf-ad9361-lpc 1000 00000003") == 0
    got = b""
    for size in (1, 3999, 100, 9000):
        left, first = size, True
        left_over = client.ask(f"READBUF cf-ad9361-lpc {size}")
        while True:
            if first:
                assert client.stream.readline() == b"00000003\n"
                first = False
            got += client.stream.read(left_over)
            left -= left_over
            if not left:
                break
            left_over = int(client.stream.readline())
    assert len(got) == 13_100
    assert abs(np.frombuffer(got, "<i2").astype(int)).max() <= 2048
    assert client.ask("SET cf-ad9361-lpc BUFFERS_COUNT 2") == -16
    assert client.ask("CLOSE cf-ad9361-lpc") == 0


@pytest.mark.parametrize(("mask", "code"), [("00000001", 5), ("00000002", 9)])
def test_one_channel_alone(client: Client, mask: str, code: int) -> None:
    assert client.ask("WRITE ad9361-phy DEBUG loopback 1", b"1") == 1
    assert client.ask("OPEN cf-ad9361-dds-core-lpc 64 00000003 CYCLIC") == 0
    assert client.ask("WRITEBUF cf-ad9361-dds-core-lpc 256") == 0
    client.stream.write(np.tile(np.array([5 * 16, 9 * 16], "<i2"), 64).tobytes())
    client.stream.flush()
    assert int(client.stream.readline()) == 256
    assert client.ask(f"OPEN cf-ad9361-lpc 32 {mask}") == 0
    assert client.ask("READBUF cf-ad9361-lpc 64") == 64
    assert client.stream.readline().decode().strip() == mask
    assert (np.frombuffer(client.stream.read(64), "<i2") == code).all()


def test_a_block_that_takes_longer_than_the_timeout() -> None:
    with network(elastic=False) as radios:
        client = Client(radios)
        assert client.ask("TIMEOUT 50") == 0
        assert client.ask("OPEN cf-ad9361-lpc 4000000 00000003") == 0  # 130 ms at 30.72 MS/s
        assert client.ask("READBUF cf-ad9361-lpc 16000000") == -110
        assert client.ask("CLOSE cf-ad9361-lpc") == 0
        client.close()


def test_who_hangs_up_while_waiting_leaves_the_buffer_to_others() -> None:
    with network(elastic=False) as radios:
        leaving = Client(radios)
        assert leaving.ask("TIMEOUT 0") == 0
        assert leaving.ask("SET cf-ad9361-lpc BUFFERS_COUNT 1") == 0
        assert leaving.ask("WRITE ad9361-phy INPUT voltage0 sampling_frequency 7", b"2083333") == 7
        assert leaving.ask("OPEN cf-ad9361-lpc 16000000 00000003") == 0  # 7.7 s
        leaving.stream.write(b"READBUF cf-ad9361-lpc 64000000\r\n")
        leaving.stream.flush()
        leaving.close()
        staying = Client(radios)
        until = time.monotonic() + 5
        while (answer := staying.ask("OPEN cf-ad9361-lpc 1024 00000003")) == -16 and time.monotonic() < until:
            time.sleep(0.02)
        assert answer == 0
        staying.close()


def test_a_pulled_cable_and_a_new_connection(radios: EmulatedNetwork, client: Client) -> None:
    assert client.ask("OPEN cf-ad9361-dds-core-lpc 64 00000003 CYCLIC") == 0
    radios.servers[0].hang_up()
    assert client.stream.readline() == b""
    again = Client(radios)
    assert again.ask("OPEN cf-ad9361-dds-core-lpc 64 00000003") == 0
    again.close()


def test_a_repeated_buffer_takes_one_block(client: Client) -> None:
    assert client.ask("OPEN cf-ad9361-dds-core-lpc 64 00000003 CYCLIC") == 0
    assert client.ask("WRITEBUF cf-ad9361-dds-core-lpc 256") == 0
    client.stream.write(bytes(256))
    client.stream.flush()
    assert int(client.stream.readline()) == 256
    assert client.ask("WRITEBUF cf-ad9361-dds-core-lpc 256") == 0
    client.stream.write(bytes(256))
    client.stream.flush()
    assert int(client.stream.readline()) == -9
    assert client.ask("WRITEBUF cf-ad9361-dds-core-lpc 257") == -22


def test_a_receiver_that_stopped_asking_costs_no_memory(radios: EmulatedNetwork, client: Client) -> None:
    assert client.ask("OPEN cf-ad9361-lpc 1000 00000003") == 0
    sender = Client(radios)
    assert sender.ask("OPEN cf-ad9361-dds-core-lpc 100000 00000003") == 0
    time.sleep(1.1)  # from then on it holds time no longer
    for _ in range(40):
        assert sender.ask("WRITEBUF cf-ad9361-dds-core-lpc 400000") == 0
        sender.stream.write(bytes(400_000))
        sender.stream.flush()
        assert int(sender.stream.readline()) == 400_000
    assert len(radios.plutos[0]._segments) < 12
    sender.close()
