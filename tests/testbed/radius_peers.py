"""Debian's hostapd and FreeRADIUS as RADIUS and EAP servers, each for as long as a test needs it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import SHARED

RADIUS = SHARED / "radius"
SECRET = b"radius-secret"
HOSTAPD_PORT, FREERADIUS_PORT = 1812, 18120
CLONE_NEWNET = 0x40000000
PATIENCE_S = 30.0


def program(name: str) -> str:
    """Return the path of a program of the distribution; it has to be there."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    assert path, f"{name} is not installed: make setup installs it"
    return path


def configured(folder: Path, name: str) -> Path:
    """Return a copy of a server's configuration in which the folders are real ones."""
    copy = folder / "radius"
    shutil.copytree(RADIUS / name, copy / name)
    shutil.copytree(RADIUS / "certs", copy / "certs")
    (folder / "run").mkdir()
    for path in (path for path in (copy / name).rglob("*") if path.is_file()):
        text = path.read_text().replace("@RADIUS_DIR@", str(copy)).replace("@RUN_DIR@", str(folder / "run"))
        lines = [line for line in text.splitlines(True) if not line.startswith("ctrl_interface")]  # its path gets long
        path.write_text("".join(lines))
    for path in [copy, *copy.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy / name


@contextlib.contextmanager
def network_of_its_own() -> Iterator[None]:
    """Put this thread, and what it starts, into a network that has a loopback and nothing else (needs root)."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open("rb") as home:
        assert libc.unshare(CLONE_NEWNET) == 0, f"no network namespace: {os.strerror(ctypes.get_errno())}; run as root"
        try:
            subprocess.run([program("ip"), "link", "set", "lo", "up"], check=True)
            yield
        finally:
            assert libc.setns(home.fileno(), CLONE_NEWNET) == 0


@contextlib.contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Run a server until its UDP port is bound, and end it afterwards."""
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE_S
        while not bound(port):
            assert server.poll() is None, f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < end, f"{command[0]} does not answer: {log.read_text(errors='replace')[-2000:]}"
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait(10)


def bound(port: int) -> bool:
    """Return whether somebody in this network has bound a UDP port."""
    return any(f":{port:04X} " in line.split(" 00000000:0000 ")[0] + " " for line in udp_sockets())


def udp_sockets() -> list[str]:
    return Path("/proc/thread-self/net/udp").read_text().splitlines()[1:]


@contextlib.contextmanager
def hostapd(folder: Path) -> Iterator[None]:
    """hostapd binds 0.0.0.0, so it gets a network of its own, and so does this thread meanwhile."""
    configuration = configured(folder, "hostapd")
    with network_of_its_own(), running(
        [program("hostapd"), str(configuration / "as.conf")], HOSTAPD_PORT, folder / "log"
    ):
        yield


@contextlib.contextmanager
def freeradius(folder: Path) -> Iterator[None]:
    configuration = configured(folder, "freeradius")
    command = [program("freeradius"), "-d", str(configuration), "-fxx", "-l", "stdout"]
    with network_of_its_own(), running(command, FREERADIUS_PORT, folder / "log"):
        yield


def silent_port() -> tuple[socket.socket, int]:
    """Return a bound UDP socket that nobody reads, and its port."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    return silent, silent.getsockname()[1]
