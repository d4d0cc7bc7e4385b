"""What a PlutoSDR needs: libiio, the Python side of the same major version, the driver, and the right to open it."""

from __future__ import annotations

import os
from pathlib import Path

from testbed.doctor.machine import APT, FAIL, OK, WARN, Asked, Check, Machine, ask, imported, is_absent, version_of

PLUTO_USB = ("0456", "b673")


def pluto_checks(machine: Machine) -> list[Check]:
    """Return the findings on radios; none of them matters to the simulated air."""
    library = ask(
        machine,
        "import ctypes, json\n"
        f"library = ctypes.CDLL({machine.libiio!r})\n"
        "major, minor, tag = ctypes.c_uint(), ctypes.c_uint(), ctypes.create_string_buffer(8)\n"
        "library.iio_library_get_version(ctypes.byref(major), ctypes.byref(minor), tag)\n"
        "print(json.dumps({'version': f'{major.value}.{minor.value}'}))",
    )
    binding = ask(
        machine,
        "import importlib.metadata as metadata, json\n"
        "try:\n    version = metadata.version('pylibiio')\n"
        "except metadata.PackageNotFoundError:\n    version = ''\n"
        "print(json.dumps({'version': version}))",
    )
    return [
        _libiio(machine, library),
        _pylibiio(machine, library, binding),
        _pyadi(machine, imported(machine, "adi"), binding),
        _usb(machine),
    ]


def _libiio(machine: Machine, library: Asked) -> Check:
    name, why = "libiio", "a PlutoSDR is reached through it; the simulated air does without"
    if library.error:
        return Check(name, WARN, f"{machine.libiio}: {library.error}", why, f"{APT} libiio0 libiio-utils")
    return Check(name, OK, library.answer["version"], why)


def _pylibiio(machine: Machine, library: Asked, binding: Asked) -> Check:
    name, fix = "pylibiio", f"{machine.python} -m pip install 'pylibiio>=0.25,<1'"
    why = "the Python side of libiio; its major version must be the library's"
    version = binding.answer.get("version", "")
    if not version:
        return Check(name, WARN, binding.error or "not installed; only a PlutoSDR needs it", why, fix)
    major = library.answer.get("version", "").partition(".")[0]
    if major and version.partition(".")[0] != major:
        found = f"{version} beside libiio {library.answer['version']}: `import iio` fails"
        return Check(name, FAIL, found, why, fix)
    return Check(name, OK, version, why)


def _pyadi(machine: Machine, adi: Asked, binding: Asked) -> Check:
    name, why = "pyadi-iio", "the PlutoSDR driver stands on it; the simulated air does without"
    fix = f"{machine.python} -m pip install 'pyadi-iio==0.0.21' 'pylibiio>=0.25,<1'"
    if not adi.error:
        return Check(name, OK, adi.answer["version"], why)
    if is_absent(adi, "adi"):
        return Check(name, WARN, "not installed; only a PlutoSDR needs it", why, fix)
    wants_library_1 = version_of(binding.answer.get("version", "")) >= (1,)
    return Check(name, WARN, adi.error, why, "see pylibiio above" if wants_library_1 else fix)


def _usb(machine: Machine) -> Check:
    name, why = "USB permissions", "without a udev rule only root may open a PlutoSDR over USB (pluto:ip: needs none)"
    fix = f"{APT} libiio0 libiio-utils && sudo udevadm control --reload-rules && sudo udevadm trigger"
    refused = [str(node) for node in _pluto_nodes(machine.root) if not os.access(node, os.R_OK | os.W_OK)]
    if refused:
        return Check(name, FAIL, f"a PlutoSDR is plugged in and may not be opened: {' '.join(refused)}", why, fix)
    if _has_udev_rule(machine.root):
        return Check(name, OK, "a udev rule lets users open IIO devices", why)
    if machine.is_root:
        return Check(name, OK, "no udev rule, but this is root", why)
    return Check(name, WARN, "no udev rule for IIO devices", why, fix)


def _pluto_nodes(root: Path) -> list[Path]:
    nodes = []
    for vendor in sorted((root / "sys/bus/usb/devices").glob("*/idVendor")):
        device = vendor.parent
        try:
            identity = (vendor.read_text().strip(), (device / "idProduct").read_text().strip())
            where = [int((device / number).read_text()) for number in ("busnum", "devnum")]
        except (OSError, ValueError):  # unplugged while we look
            continue
        if identity == PLUTO_USB:
            nodes.append(root / "dev/bus/usb" / f"{where[0]:03d}" / f"{where[1]:03d}")
    return nodes


def _has_udev_rule(root: Path) -> bool:
    folders = ("etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d")
    for folder in folders:
        for rule in sorted((root / folder).glob("*.rules")):
            text = rule.read_text(errors="replace")
            # libiio's own rule asks iio_info, others name the PlutoSDR
            if PLUTO_USB[1] in text.lower():
                return True
            if "iio_info" in text and (root / "usr/bin/iio_info").exists():
                return True
    return False
