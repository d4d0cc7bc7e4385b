"""X8: weaker protection is asked for: other profiles, policies, suites, and the PRF that legacy S5 leaves open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ampradio.mac.exchange import Delivery
from ampradio.security.aiot import Msg as AiotMsg
from ampradio.security.handover import Delivery as KeyDelivery
from ampradio.security.handover import Prf
from ampradio.security.rsna.profiles import RSN_OUI
from ampradio.security.rsna.profiles import Msg as RsnaMsg
from testbed.attack.captured import messages_of
from testbed.attack.changed_psdu import BODY_AT, HEADER_OCTETS, with_fcs
from testbed.attack.compromise import ENCODINGS
from testbed.attack.decryptors import handover
from testbed.attack.outcome import Outcome
from testbed.attack.scene import Interference, Scene, data_of, kinds
from testbed.attack.suspects import Suspect
from testbed.attack.tamper import ACTED, TRUTH, noticed
from testbed.systems.aiot import parameters_of as aiot_parameters_of
from testbed.systems.handover import parameters_of as handover_parameters_of

PROFILES = (0, 1, 2, 3, 15)
OWN_COMMAND = b"PERMANENT_DISABLE"
STRONG_AKM, WEAK_AKM = 6, 2


def downgrade(suspect: Suspect) -> Outcome:
    """X8: broken when one of the ends puts up with less protection than both were set up for."""
    tried, accepted = _other_profiles(suspect)
    broken, text = _SPECIFIC.get(suspect.system, _nothing_else)(suspect)
    if accepted:
        broken, text = True, f"other profile accepted ({accepted} of {tried}); {text}"
    figures = (("profiles_tried", float(tried)), ("profiles_accepted", float(accepted)))
    return Outcome("X8", suspect.label, broken, text, figures)


def _other_profiles(suspect: Suspect) -> tuple[int, int]:
    """Return how many messages were said under another PROF, and how many of them nobody refused."""
    honest = Scene(suspect.experiment())
    honest.run()
    tried = accepted = 0
    for place, transmission in enumerate(honest.tap.heard):
        psdu = transmission.tx.psdu
        if len(psdu) <= BODY_AT or psdu[HEADER_OCTETS] >> 5 == 0:
            continue
        for profile in PROFILES:
            if profile == psdu[HEADER_OCTETS + 1] & 0x0F:
                continue
            scene = Scene(suspect.experiment(), interference=_at(place, _under(profile)))
            told = scene.run()
            untrue = (set(data_of(told, "ap", *ACTED)) | set(data_of(told, "tag", *ACTED))) - TRUTH
            tried += 1
            accepted += bool(untrue) or not noticed(told)
    return tried, accepted


def _at(place: int, change: Callable[[bytes], bytes]) -> Interference:
    def interference(at: int, delivery: Delivery) -> Sequence[Delivery]:
        return ((with_fcs(change(delivery[0])), delivery[1]),) if at == place else (delivery,)

    return interference


def _under(profile: int) -> Callable[[bytes], bytes]:
    at = HEADER_OCTETS + 1
    return lambda psdu: psdu[:at] + bytes([psdu[at] & 0xF0 | profile]) + psdu[at + 1 :]


def _nothing_else(suspect: Suspect) -> tuple[bool, str]:
    """S1 and S2 negotiate nothing."""
    return False, "rejected, nothing is negotiated"


def _policy(suspect: Suspect) -> tuple[bool, str]:
    """S3: a COMMAND keeps its nonce and Protected ID and gets policy "none" and a payload of the attacker (W3.2)."""
    head = aiot_parameters_of(suspect.experiment()).command_head_octets

    def interference(at: int, delivery: Delivery) -> Sequence[Delivery]:
        psdu, rx = delivery
        if not rx.kind.is_downlink or psdu[HEADER_OCTETS] & 0x1F != AiotMsg.COMMAND or len(psdu) < BODY_AT + head:
            return (delivery,)
        room = len(psdu) - BODY_AT - head - 2
        own = OWN_COMMAND[:room].ljust(room, b".")
        changed = psdu[:BODY_AT] + b"\0" + psdu[BODY_AT + 1 : BODY_AT + head] + own + psdu[-2:]
        return ((with_fcs(changed), rx),)

    told = Scene(suspect.experiment(), interference=interference).run()
    acted = any(each.startswith(OWN_COMMAND[:8]) for each in data_of(told, "tag", *ACTED))
    return (True, "accepted: policy none, a command of the attacker's") if acted else (False, "rejected")


def _suites(suspect: Suspect) -> tuple[bool, str]:
    """S4: an AP with AKMs 6 and 2 is made to look as if it had 2 alone, to a tag that has both (W4.4)."""
    more = (
        *ENCODINGS,
        f"security.rsna.akm={STRONG_AKM}",
        f"security.rsna.other_akms=[{WEAK_AKM}]",
    )
    strong, weak = (RSN_OUI + bytes([akm]) for akm in (STRONG_AKM, WEAK_AKM))

    def weaker(at: int, delivery: Delivery) -> Sequence[Delivery]:
        psdu, rx = delivery
        if not rx.kind.is_downlink or psdu[HEADER_OCTETS] & 0x1F != RsnaMsg.ADVERT:
            return (delivery,)
        return ((with_fcs(psdu.replace(strong, weak)), rx),)

    honest = Scene(suspect.experiment(more=more))
    honest.run()
    scene = Scene(suspect.experiment(more=more), interference=weaker)
    told = scene.run()
    assert honest.succeeded  # else the attack would have nothing to take away
    if "security.keys_installed" in kinds(told, "tag") or scene.succeeded:
        return True, f"accepted: AKM {WEAK_AKM}"
    reasons = {str(event.detail.get("reason")) for who, event in told if event.kind == "security.refused"}
    return False, "detected by message 3" if "element_changed" in reasons else "rejected"


def _prf(suspect: Suspect) -> tuple[bool, str]:
    """S5: with the PRFs that the legacy text allows, what does somebody without any key learn (W5.2)?"""
    opened = []
    for prf in Prf:
        experiment = suspect.experiment(more=(*ENCODINGS, f'security.handover.prf="{prf.value}"'))
        scene = Scene(experiment)
        scene.run()
        messages = messages_of(experiment.profile.mac, scene.tap.heard)
        if handover.read(experiment, {"sa": bytes(16)}, messages):
            opened.append(prf.value)
    if opened:
        return True, f"PRF choice: K is everybody's with {', '.join(opened)}"
    legacy = handover_parameters_of(suspect.experiment()).delivery is KeyDelivery.LEGACY
    return False, "no PRF gives K away" if legacy else "rejected, no PRF to choose"


_SPECIFIC: dict[str, Callable[[Suspect], tuple[bool, str]]] = {
    "aiot": _policy,
    "rsna": _suites,
    "handover": _prf,
}
