"""X3 and X4: octets changed with the FCS repaired, and PPDUs lost, doubled or held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ampradio.mac.exchange import Delivery
from testbed.attack.changed_psdu import FCS_OCTETS, flipped
from testbed.attack.outcome import Outcome
from testbed.attack.scene import Interference, Scene, data_of
from testbed.attack.suspects import COMMANDS, READINGS, Suspect

GAP_NS = 10_000
TRUTH = {text.encode() for text in (*COMMANDS, *READINGS)}
ACTED = ("security.command", "security.downlink_data", "security.uplink_data")


def octets(suspect: Suspect, step: int = 1) -> Outcome:
    """X3: one octet of one message after the other changed, FCS repaired; broken when changed data are acted on.

    ``step`` > 1 leaves octets out.
    """
    honest = Scene(suspect.experiment())
    honest.run()
    tried = silent = 0
    accepted: list[str] = []
    for place, transmission in enumerate(honest.tap.heard):
        for octet in range(0, len(transmission.tx.psdu) - FCS_OCTETS, step):
            scene = Scene(suspect.experiment(), interference=_flip(place, octet))
            told = scene.run()
            tried += 1
            untrue = set(data_of(told, "ap", *ACTED)) | set(data_of(told, "tag", *ACTED))
            if untrue - TRUTH:
                accepted.append(f"{place}.{octet}")
            elif not scene.succeeded and not noticed(told):
                silent += 1
    figures = (("tried", float(tried)), ("accepted", float(len(accepted))), ("unnoticed", float(silent)))
    if accepted:
        return Outcome("X3", suspect.label, True, f"changed data accepted ({len(accepted)} of {tried})", figures)
    if silent:
        return Outcome("X3", suspect.label, True, f"silent key split ({silent} of {tried})", figures)
    return Outcome("X3", suspect.label, False, "detected", figures)


def noticed(told: Sequence[tuple[str, object]]) -> bool:
    """Return whether somebody dropped or refused something, or missed an answer."""
    counted = ("drop", "security.refused", "no_reply", "security.failed")
    return any(getattr(event, "kind", "") in counted for _, event in told)


def _flip(place: int, octet: int) -> Interference:
    def interference(at: int, delivery: Delivery) -> Sequence[Delivery]:
        return (flipped(delivery, octet),) if at == place else (delivery,)

    return interference


def order(suspect: Suspect) -> Outcome:
    """X4: each PPDU lost, doubled, or held back until the next; broken when the ends do not come together again."""
    honest = Scene(suspect.experiment())
    honest.run()
    count = len(honest.tap.heard)
    broken: list[str] = []
    for what, make in (("lost", _lose), ("doubled", _double), ("held back", _hold)):
        for place in range(count):
            scene = Scene(suspect.experiment(), interference=make(place))
            told = scene.run()
            untrue = set(data_of(told, "tag", *ACTED)) - TRUTH
            if untrue or not scene.succeeded:
                broken.append(f"{what} {place}")
    figures = (("tried", 3.0 * count), ("stuck", float(len(broken))))
    text = "recovers" if not broken else "stuck after " + ", ".join(broken)
    return Outcome("X4", suspect.label, bool(broken), text, figures)


def _lose(place: int) -> Interference:
    return lambda at, delivery: () if at == place else (delivery,)


def _double(place: int) -> Interference:
    return lambda at, delivery: (delivery, _behind(delivery, delivery)) if at == place else (delivery,)


def _hold(place: int) -> Interference:
    held: list[Delivery] = []

    def interference(at: int, delivery: Delivery) -> Sequence[Delivery]:
        if at == place:
            held.append(delivery)
            return ()
        if held:
            return (delivery, _behind(held.pop(), delivery))
        return (delivery,)

    return interference


def _behind(late: Delivery, before: Delivery) -> Delivery:
    """Return a delivery as if its PPDU had been sent right behind another."""
    start_ns = before[1].end_ns + GAP_NS
    duration_ns = late[1].end_ns - late[1].start_ns
    return late[0], replace(late[1], start_ns=start_ns, end_ns=start_ns + duration_ns)
