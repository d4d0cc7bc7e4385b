"""Faults of emulated radios in words, one to a line: what `amp emulate --faults` reads."""

from __future__ import annotations

from ampradio.radio.emulator import EmulatedNetwork

FORMS = (
    "overflow RADIO SAMPLES",
    "underflow RADIO SAMPLES",
    "stall RADIO",
    "resume RADIO",
    "hang-up RADIO",
    "unplug RADIO",
    "plug RADIO",
)


def do(network: EmulatedNetwork, line: str) -> None:
    """Let happen what ``line`` says; raises ValueError with the known forms, OSError when a port is taken meanwhile."""
    words = line.split()
    forms = {form.split()[0]: len(form.split()) for form in FORMS}
    numbers = [int(word) for word in words[1:] if word.isascii() and word.isdigit() and len(word) < 12]
    if not words or forms.get(words[0]) != len(words) or len(numbers) != len(words) - 1:
        raise ValueError(f"{line.strip()!r} is none of: {'; '.join(FORMS)}")
    radio, *samples = numbers
    if radio >= len(network.plutos):
        raise ValueError(f"there is no radio {radio}: they are counted from 0 to {len(network.plutos) - 1}")
    faults = network.plutos[radio].faults
    match words[0]:
        case "overflow":
            faults.overflow(*samples)
        case "underflow":
            faults.underflow(*samples)
        case "stall":
            faults.stall()
        case "resume":
            faults.resume()
        case "hang-up":
            network.servers[radio].hang_up()
        case "unplug":
            network.unplug(radio)
        case "plug":
            network.plug(radio)
