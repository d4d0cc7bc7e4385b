"""Python, GNU Radio, numpy beside it, and the packages the exchange over ZMQ stands on."""

from __future__ import annotations

import os
from pathlib import Path

from testbed.doctor.machine import (
    APT,
    FAIL,
    OK,
    SET_UP_AGAIN,
    WARN,
    Asked,
    Check,
    Machine,
    ask,
    imported,
    is_absent,
    version_of,
)

OLDEST_PYTHON = (3, 10)
OLDEST_CRYPTOGRAPHY = (42,)
DISTRIBUTION_PACKAGES = "usr/lib/python3/dist-packages"


def software_checks(machine: Machine) -> list[Check]:
    """Return the findings on what the library, the flowgraphs and the MAC over ZMQ need."""
    numpy = imported(machine, "numpy")
    radio = imported(machine, "gnuradio.gr", version="gnuradio.gr.version()")
    return [
        _python(machine),
        _gnuradio(machine, radio, numpy),
        _numpy(machine, numpy, radio),
        _zeromq(imported(machine, "gnuradio.zeromq"), radio),
        _grcc(machine),
        _companion(machine),
        _pyzmq(machine, imported(machine, "zmq")),
        _cryptography(machine, imported(machine, "cryptography")),
    ]


def _python(machine: Machine) -> Check:
    asked = ask(
        machine,
        "import json, platform, sys\n"
        "print(json.dumps({'version': platform.python_version(), 'base': sys.base_prefix, 'prefix': sys.prefix}))",
    )
    name, why = "Python", "the testbed is written for Python 3.10 or newer"
    if asked.error:
        return Check(name, FAIL, f"{machine.python}: {asked.error}", why, SET_UP_AGAIN)
    found = f"{asked.answer['version']} in {asked.answer['prefix']}"
    if version_of(asked.answer["version"]) < OLDEST_PYTHON:
        return Check(name, FAIL, found, why, f"{APT} python3 python3-venv, on Debian 12, Ubuntu 22.04 or newer")
    if asked.answer["base"] != "/usr":
        why = "GNU Radio of the distribution is built for /usr/bin/python3; beside another Python it works by luck only"
        return Check(name, WARN, f"{found}, based on {asked.answer['base']}", why, SET_UP_AGAIN)
    return Check(name, OK, found, why)


def _gnuradio(machine: Machine, radio: Asked, numpy: Asked) -> Check:
    name, why = "GNU Radio", "the flowgraphs of zmq: and of radios are made of it; sim: and the library do without"
    if not radio.error:
        return Check(name, OK, radio.answer["version"], why)
    if is_absent(radio, "gnuradio"):
        shut_off = _shut_off(machine)
        if shut_off and (machine.root / DISTRIBUTION_PACKAGES / "gnuradio").is_dir():
            found = f"installed, but the virtual environment {shut_off} does not let this Python see it"
            return Check(name, FAIL, found, why, f"/usr/bin/python3 -m venv --system-site-packages {shut_off}")
        return Check(name, FAIL, "not found by this Python", why, f"{APT} gnuradio && make setup")
    if version_of(numpy.answer.get("version", "")) >= (2,):
        return Check(name, FAIL, f"cannot be imported beside numpy 2: {radio.error}", why, "see numpy below")
    return Check(name, FAIL, f"cannot be imported: {radio.error}", why, f"{APT} --reinstall gnuradio && {SET_UP_AGAIN}")


def _shut_off(machine: Machine) -> str:
    """Return the virtual environment on the distribution's Python that hides its packages; empty when there is none."""
    asked = ask(machine, "import json, sys\nprint(json.dumps({'base': sys.base_prefix, 'prefix': sys.prefix}))")
    prefix = asked.answer.get("prefix", "")
    return prefix if prefix != "/usr" and asked.answer.get("base") == "/usr" else ""


def _numpy(machine: Machine, numpy: Asked, radio: Asked) -> Check:
    name, why = "numpy", "GNU Radio of the distribution is built for numpy 1 and cannot be imported beside numpy 2"
    fix = f"{machine.python} -m pip install 'numpy<2'"
    if numpy.error:
        return Check(name, FAIL, numpy.error, "all signal processing is numpy", fix)
    version = numpy.answer["version"]
    if version_of(version) < (2,):
        return Check(name, OK, version, why)
    folder = Path(numpy.answer["file"]).parent.parent
    if str(folder) in machine.environment.get("PYTHONPATH", "").split(os.pathsep):
        fix = "unset PYTHONPATH"
    elif ".local" in folder.parts:
        fix = "export PYTHONNOUSERSITE=1"
    return Check(name, WARN if is_absent(radio, "gnuradio") else FAIL, f"{version} in {folder}", why, fix)


def _zeromq(zeromq: Asked, radio: Asked) -> Check:
    name, why = "gr-zeromq", "it carries the samples between the flowgraphs"
    if not zeromq.error:
        return Check(name, OK, "gnuradio.zeromq", why)
    if radio.error:
        return Check(name, FAIL, "not without GNU Radio", why, "mend GNU Radio first")
    return Check(name, FAIL, zeromq.error, why, f"{APT} gnuradio python3-zmq")


def _grcc(machine: Machine) -> Check:
    name, why = "grcc", "it compiles the .grc flowgraphs; the tests compare them with what is committed"
    for folder in machine.environment.get("PATH", "").split(os.pathsep):
        if os.access(Path(folder) / "grcc", os.X_OK):
            return Check(name, OK, str(Path(folder) / "grcc"), why)
    return Check(name, WARN, "not on the PATH", why, f"{APT} gnuradio")


def _companion(machine: Machine) -> Check:
    name, why = "Companion", "GNU Radio Companion is drawn with GTK; nothing else needs it"
    asked = ask(machine, "import gi\ngi.require_version('Gtk', '3.0')\nfrom gi.repository import Gtk\nprint('{}')")
    if asked.error:
        return Check(name, WARN, f"no GTK: {asked.error}", why, f"{APT} gir1.2-gtk-3.0")
    return Check(name, OK, "GTK 3", why)


def _pyzmq(machine: Machine, zmq: Asked) -> Check:
    name, why = "pyzmq", "the MAC talks to the flowgraphs over ZMQ"
    if zmq.error:
        return Check(name, FAIL, zmq.error, why, f"{machine.python} -m pip install 'pyzmq>=24'")
    return Check(name, OK, zmq.answer["version"], why)


def _cryptography(machine: Machine, cryptography: Asked) -> Check:
    name, why = "cryptography", "every primitive of the security protocols comes from it"
    fix = f"{machine.python} -m pip install 'cryptography>=42'"
    if cryptography.error:
        return Check(name, FAIL, cryptography.error, why, fix)
    version = cryptography.answer["version"]
    return Check(name, OK if version_of(version) >= OLDEST_CRYPTOGRAPHY else FAIL, version, why, fix)
