"""What goes wrong with a radio: losses that the driver sees and counts, radios that vanish, radios that are none."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import iio
import numpy as np
import pytest

from ampradio.radio.emulator.pluto import TRANSMIT
from ampradio.radio.errors import (
    NoLibiioError,
    NoRadioError,
    RadioBusyError,
    RadioError,
    RadioGoneError,
    RadioSettingError,
    RadioTimeoutError,
    RadioUriError,
    UsbPermissionError,
    WrongRadioError,
)
from ampradio.radio.interface import Codes, Loopback, Samples
from ampradio.radio.libiio_errors import asking_error, opening_error
from ampradio.radio.opening import open_radio
from ampradio.radio.radio_uri import radio_uri as taken_apart
from tests.conftest import ROOT
from tests.radio.conftest import BLOCK, RATE_SPS, OpenRadio, settings
from tests.radio.plutos import network
from tests.radio.test_driver import heard, looped, noise, undisturbed

SMALL = 16384  # 8 ms


def counting(length: int) -> Samples:
    """A ramp whose loopback tells the place of every sample: neighbours differ by one step, modulo length."""
    steps = np.arange(length)
    codes = np.stack((steps // 64, steps % 64), axis=1) * 16 - 16384
    return (codes / 32767).astype(np.float32).view(np.complex64)[:, 0]


def places(block: np.ndarray) -> np.ndarray:
    """Undo ``counting``."""
    steps = block.astype(int) + 1024
    return steps[:, 0] * 64 + steps[:, 1]


def test_an_overflow_is_counted_and_lies_where_the_driver_says(opened: OpenRadio) -> None:
    """The reader pauses: old blocks, then a gap. What the radio repeats numbers the samples, so a gap shows."""
    length = 64 * 127
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], paced_by_reader=True, block=SMALL)
        radio.start(transmit=False)
        radio.cyclic(counting(length))
        blocks = [radio.receive() for _ in range(8)]
        for _ in range(2):
            time.sleep(5.37 * SMALL / RATE_SPS)  # four buffers
            blocks += [radio.receive() for _ in range(8)]
        counted = radio.losses().overflows
        assert counted == radios.plutos[0].receive_core.registers.losses >= 2  # more where the machine paused too
        since = next(index for index in range(1, 8) if blocks[index].codes.any()) + 1
        whole = np.concatenate([places(block.codes) for block in blocks[since:]])
        jumps = np.flatnonzero(np.diff(whole) % length != 1) + 1 + blocks[since].first
        assert [block.first for block in blocks[since + 1 :] if block.lost] == jumps.tolist()
        assert len(jumps) >= 2 and blocks[-1].segment >= 2
        radio.close()


def test_an_underflow_is_counted_and_bursts_are_exact_again_afterwards(opened: OpenRadio) -> None:
    """The transmitter misses 3333 samples while a long burst is sent: its stream is later from then on."""
    with network(1) as radios:
        radio = opened(radios.uris[0], paced_by_reader=True, block=SMALL)
        radio.start()
        end = radio.receive().end
        assert radio.burst(noise(4 * SMALL, 1), end + radio.lead).on_time
        assert radio.burst(noise(500, 4), end + 40 * SMALL).on_time  # waits, and is moved with the stream
        radio.receive(), radio.receive()
        radios.plutos[0].faults.underflow(3333)
        radio.receive(), radio.receive()
        losses = radio.losses()
        assert (losses.underflows, losses.overflows, losses.displaced_bursts) == (1, 0, 1)
        codes, begin = heard(radio, end + 41 * SMALL)
        assert np.array_equal(codes[end + 40 * SMALL - begin :][:500], looped(noise(500, 4)))
        at = radio.earliest() + 77
        assert radio.burst(noise(700, 2), at).on_time
        codes, begin = heard(radio, at + SMALL)
        assert np.array_equal(codes[at - begin :][:700], looped(noise(700, 2)))
        assert radio.losses() == losses
        radio.close()


def test_a_block_may_last_longer_than_a_radio_may_be_silent(opened: OpenRadio) -> None:
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], block=1 << 20, timeout_s=0.2)  # half a second
        radio.start(transmit=False)
        assert [radio.receive().lost for _ in range(2)] == [False, False]
        radio.close()


def test_blocks_that_nobody_fetches_are_dropped_and_counted(opened: OpenRadio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ampradio.radio.free_running._MOST_BYTES", 6 * 4 * SMALL)
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], block=SMALL)
        radio.start(transmit=False)
        radio.receive()
        while radio.losses().dropped_blocks < 3:
            time.sleep(SMALL / RATE_SPS)
        block = radio.receive()
        assert block.first >= 4 * SMALL and not block.lost  # its index tells how many
        radio.close()


def test_a_retuned_radio_delivers_nothing_from_before(opened: OpenRadio) -> None:
    """Two radios: one sends a tone; the other is tuned away while blocks with it wait in its buffers."""
    also = {"loopback": Loopback.OFF, "tx_attenuation_db": 0.0, "rx_gain_db": 40.0}
    with network(2, elastic=False) as radios:
        sender = opened(radios.uris[0], block=SMALL, also=also)
        sender.cyclic(np.full(4096, 0.9, np.complex64))
        for paced in (False, True):
            receiver = opened(radios.uris[1], block=SMALL, paced_by_reader=paced, also=also)
            receiver.start(transmit=False)
            while abs(receiver.receive().samples).mean() < 0.03:
                pass
            time.sleep(2.5 * SMALL / RATE_SPS)
            receiver.configure(settings(**{**also, "centre_hz": 2_450_000_000}))
            block = receiver.receive()
            assert abs(block.samples).mean() < 0.005
            assert block.first > 0
            receiver.close()
        sender.close()


@pytest.fixture
def server() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def serve(processes: list[subprocess.Popen[str]], port: int = 0) -> str:
    command = [sys.executable, "-m", "testbed.cli", "emulate", "--port", str(port), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    processes.append(process)
    assert process.stdout is not None
    uri: str = json.loads(process.stdout.readline())["uris"][0]
    return uri


def test_a_server_that_is_killed_ends_the_stream_and_reconnect_resumes_it(
    server: list[subprocess.Popen[str]], opened: OpenRadio
) -> None:
    uri = serve(server)
    radio = opened(f"emu:{uri}", lead_blocks=3)
    radio.start()
    before = radio.receive()
    began = time.monotonic()
    server[0].kill()
    with pytest.raises(RadioGoneError, match="reconnect"):
        while True:
            before = radio.receive()
    assert time.monotonic() - began < 5
    server[0].wait()
    with pytest.raises(NoRadioError, match="amp emulate"):
        radio.reconnect(patience_s=0.1)
    serve(server, int(uri.rpartition(":")[2]))
    radio.reconnect(patience_s=10)
    block = radio.receive()
    assert block.lost and block.segment == before.segment + 1 and block.first >= before.end

    def attempt() -> Codes:
        at = radio.earliest() + 2 * BLOCK
        radio.burst(noise(900, 3), at)
        codes, first = heard(radio, at + BLOCK)
        return codes[at - first :][:900]

    assert np.array_equal(undisturbed(radio, attempt, restart=False), looped(noise(900, 3)))
    assert radio.settings == settings()


def test_a_server_that_hangs_is_given_up_within_ten_seconds(
    server: list[subprocess.Popen[str]], opened: OpenRadio
) -> None:
    radio = opened(f"emu:{serve(server)}", lead_blocks=3)
    radio.start()
    radio.receive()
    began = time.monotonic()
    server[0].send_signal(signal.SIGSTOP)
    with pytest.raises(RadioTimeoutError):  # its kernel still accepts connections: it is there, however slow
        while True:
            radio.receive()
    radio.close()
    assert time.monotonic() - began < 10


def test_a_cable_that_is_pulled_and_put_back_at_once_is_a_radio_that_was_gone(opened: OpenRadio) -> None:
    """Somebody answers at the address again before the driver looks: still no timeout, since nobody waited."""
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0])
        radio.start()
        radio.receive()
        radios.servers[0].hang_up()
        with pytest.raises(RadioGoneError):
            while True:
                radio.receive()
        radio.reconnect(5)
        assert radio.receive().lost


def test_what_was_repeated_goes_on_after_a_reconnection(opened: OpenRadio) -> None:
    """What was running is resumed, the stream's background too, its first sample on a multiple of its length."""
    carrier = noise(1000, 1)
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], lead_blocks=3)
        radio.start()
        radio.cyclic(carrier)
        radios.servers[0].hang_up()
        with pytest.raises(RadioGoneError):
            while True:
                radio.receive()
        radio.reconnect(5)

        def attempt() -> tuple[Codes, Codes]:
            end = radio.earliest() + BLOCK
            codes, first = heard(radio, end)
            return codes[-BLOCK:], looped(carrier)[(first + len(codes) - BLOCK + np.arange(BLOCK)) % 1000]

        assert np.array_equal(*undisturbed(radio, attempt, restart=False))


@pytest.mark.parametrize("back", [True, False])
def test_a_connection_that_breaks_late_is_a_radio_that_was_gone(back: bool, opened: OpenRadio) -> None:
    """It breaks when a timeout could as well have come, as it looks to a program that a busy computer let sleep."""
    block = 1 << 21  # a second
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], block=block, timeout_s=1.25, paced_by_reader=True)
        radio.start(transmit=False)
        radio.receive()
        radio.receive()
        timer = threading.Timer(0.75 * block / RATE_SPS, radios.servers[0].hang_up if back else radios.servers[0].close)
        timer.start()
        with pytest.raises(RadioGoneError):
            radio.receive()
        timer.join()


def test_a_radio_that_stalls_is_there(opened: OpenRadio) -> None:
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], timeout_s=0.4)
        radio.start(transmit=False)
        radio.receive()
        radios.plutos[0].faults.stall()
        with pytest.raises(RadioTimeoutError):
            while True:
                radio.receive()


@pytest.mark.parametrize("paced", [False, True])
def test_closing_while_another_thread_waits_for_a_block(paced: bool, opened: OpenRadio) -> None:
    """The reader's thread is within libiio; the buffers must not be destroyed under it."""
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], paced_by_reader=paced)
        radio.start()
        ended: list[object] = []

        def read() -> None:
            try:
                ended.append(sum(1 for _ in radio.blocks()))
            except RadioError as error:
                ended.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        radio.earliest()
        time.sleep(2.5 * BLOCK / RATE_SPS)
        radio.close()
        reader.join(10)
        assert not reader.is_alive() and ended
        radio.close()
        with pytest.raises(RadioSettingError, match="start it"):
            radio.receive()


def test_another_radio_at_the_same_address_is_not_resumed(opened: OpenRadio) -> None:
    with network(1) as radios:
        radio = opened(radios.uris[0])
        about = radios.plutos[0].context_attributes()
        radios.plutos[0].context_attributes = lambda: {**about, "hw_serial": "emulated0007"}  # type: ignore[method-assign]
        with pytest.raises(WrongRadioError, match="emulated0007 answers instead of emulated0000"):
            radio.reconnect(1)


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


FORGETFUL = """
import sys
from ampradio.radio.opening import open_radio
from tests.radio.conftest import settings
radio = open_radio(sys.argv[1], block=8192, paced_by_reader=sys.argv[2] == "paced")
radio.configure(settings())
radio.start()
radio.receive()
if sys.argv[3] == "fails":
    raise RuntimeError("with buffers open")
"""


@pytest.mark.parametrize("pace", ["paced", "free"])
@pytest.mark.parametrize("end", ["ends", "fails"])
def test_a_program_that_forgets_to_close_does_not_crash(pace: str, end: str) -> None:
    """Left to the interpreter, buffers may go after their context, and libiio reads freed memory."""
    with network(1) as radios:
        words = [sys.executable, "-X", "faulthandler", "-c", FORGETFUL, radios.uris[0], pace, end]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == (1 if end == "fails" else 0), done.stderr
        assert "Fatal" not in done.stderr and radios.plutos[0].capture is None
