"""Options that the verbs of radios share, and opening one by them."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.exits import CallerMistake

if TYPE_CHECKING:
    from ampradio.radio.interface import RadioSettings

URI = "pluto:ip:HOST[:PORT], pluto:usb:, or emu:[ip:127.0.0.1:PORT] for what `amp emulate` serves"

REGION = "strictest"


def tuning_options(parser: argparse.ArgumentParser) -> None:
    """Add what every radio is set to."""
    parser.add_argument("--centre-hz", type=float, metavar="F", help="centre frequency (default: the profile's)")
    parser.add_argument("--bandwidth-hz", type=float, metavar="B", help="analogue filter (default: the sample rate)")
    parser.add_argument("--loopback", action="store_true", help="inside the chip: nothing radiates, nothing is heard")


def sending_options(parser: argparse.ArgumentParser) -> None:
    """Add what the regulatory guard asks for."""
    parser.add_argument(
        "--attenuation-db", type=float, default=20.0, metavar="A", help="of the transmitter, 0 to 89.75 (default 20)"
    )
    parser.add_argument(
        "--antenna-gain-dbi", type=float, default=2.0, metavar="G", help="in its best direction (default 2)"
    )
    parser.add_argument(
        "--region", default=REGION, metavar="R", help=f"EU, US, CN, strictest or a TOML table (default {REGION})"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")


def settings_of(args: argparse.Namespace, *, rate_sps: int, centre_hz: float, rx_gain_db: float) -> RadioSettings:
    """Return the settings that the options ask for; raises CallerMistake for what is no number."""
    from ampradio.radio.interface import Loopback, RadioSettings
    from testbed.radios.record import bandwidth_for

    numbers = {
        "--centre-hz": args.centre_hz if args.centre_hz is not None else centre_hz,
        "--bandwidth-hz": args.bandwidth_hz if args.bandwidth_hz is not None else bandwidth_for(rate_sps),
        "--attenuation-db": getattr(args, "attenuation_db", 89.75),
    }
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise CallerMistake(f"{name} {value} is no number", "give a finite one")
    settings = RadioSettings(
        centre_hz=round(numbers["--centre-hz"]),
        rate_sps=rate_sps,
        bandwidth_hz=round(numbers["--bandwidth-hz"]),
        rx_gain_db=rx_gain_db,
        tx_attenuation_db=numbers["--attenuation-db"],
    )
    return replace(settings, loopback=Loopback.DIGITAL) if args.loopback else settings


def checked_seconds(seconds: float) -> float:
    """Return ``seconds`` if that is a time to wait for; raises CallerMistake."""
    if not 0 < seconds <= 86_400:
        raise CallerMistake(f"--seconds {seconds:g} is no such time", "give more than 0, at most 86400")
    return seconds


def new_folder(folder: Path) -> Path:
    """Return ``folder`` if it is not there, or empty; raises CallerMistake."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CallerMistake(f"{folder} is there, and not an empty folder", "give --out a new one")
    return folder
