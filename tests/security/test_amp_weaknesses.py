"""What S1 cannot withstand, shown by doing it (protocols page 2.3); the attacker computes with the reference alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pytest

from ampradio.security.amp import AmpAuthenticator, AmpParameters, TagCredential, TagIdentity
from ampradio.security.amp.infrastructure.keys import TransientKey
from ampradio.security.amp.infrastructure.protection import Protection
from ampradio.security.amp.profiles import Msg
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security import reference_s1
from tests.security.caching_tag import CachingSupplicant
from tests.security.interference import Scripted
from tests.security.reference_s1 import Reference, xor
from tests.security.two_ends import AA, ID, MAC, PSK, SPA, TRIGGER, TwoEnds

MIC = 8
HEAD = {2: 1 + 16, 3: 2, 4: 2}


def opened(air: Sequence[Message], root: bytes, modifier: bytes, prof: int) -> list[bytes]:
    """Return what the recorded messages say to somebody with this ROOT, whose keys fit every MIC."""
    said: list[bytes] = []
    holder = None
    for message, before in zip(air[1:], air, strict=False):
        payload = message.payload
        if message.msg == 2:
            snonce, frame1 = payload[1:17], before.payload
            holder = Reference(reference_s1.pmk1(root, modifier, AA), AA, SPA, frame1, snonce, prof=prof)
        if message.msg not in HEAD or holder is None:
            continue
        if holder.sealed(message.msg, payload[:-MIC]) != payload:
            raise AssertionError("another key")
        pn = 0 if message.msg == 2 else payload[1]
        said.append(holder.crypted(message.msg, pn, payload[HEAD[message.msg] : -MIC]))
    return [data for data in said if data]


@pytest.mark.parametrize("prof", [1, 2])
def test_no_forward_secrecy(prof: int) -> None:
    """W1.3, X12: the PSK, read out of a tag's memory today, and nonces recorded before give all past traffic."""
    ends = TwoEnds(AmpParameters(prof, flow=4), readings=[b"21.5 C", b"21.6 C"])
    ends.exchange(command=b"open")
    ends.exchange(command=b"close")
    root = ends.nvm.read().root.expose()
    assert opened(ends.air, root, ends.modifier, prof) == [b"21.5 C", b"open", b"21.6 C", b"close"]


@pytest.mark.parametrize("method", ["derive", "wrap"])
def test_a_pmk_update_is_no_forward_secrecy(method: str) -> None:
    """W1.3: both methods rest on the PSK, so whoever has it follows the update by what was on the air."""
    ends = TwoEnds(AmpParameters(flow=4))
    ends.ap.request_update(ID, getattr(ends.server, method)(1, ends.modifier, AA))
    ends.exchange()
    update = next(message for message in ends.air if message.msg == 5).payload
    start = len(ends.air)
    ends.queue.put(b"21.6 C")
    ends.exchange()
    content = update[4:-MIC]
    if method == "derive":
        pmkv = reference_s1.kdf(PSK, b"AMP PMKv", b"\x00\x01" + content[:16], 256)
    else:
        kek = reference_s1.kdf(PSK, b"AMP KEK", b"\x00\x01", 128)
        pmkv = ends.nvm.read().root.expose()
        assert reference_s1.key_wrap(kek, pmkv) == content
    assert opened(ends.air[start:], pmkv, ends.modifier, 2) == [b"21.6 C"]


def candidates() -> Iterator[bytes]:
    """Every PSK that a vendor makes of a three-digit code."""
    return (hashlib.sha256(f"{code:03d}".encode()).digest() for code in range(1000))


@pytest.mark.parametrize(("psk", "found"), [(hashlib.sha256(b"947").digest(), 1), (PSK, 0)], ids=["code", "random"])
def test_a_psk_of_low_entropy_falls_to_one_capture(psk: bytes, found: int) -> None:
    """W1.4, X13: frames 1 and 2 are enough to try every code offline; a PSK of high entropy is in no such list."""
    ends = TwoEnds(AmpParameters(flow=2), psk=psk, readings=[b"x"])
    ends.exchange()
    frame1, frame2 = ends.air[0].payload, ends.air[1].payload
    snonce, unsigned, mic = frame2[1:17], frame2[:-MIC], frame2[-MIC:]

    def fits(guess: bytes) -> bool:
        holder = Reference(reference_s1.pmk1(guess, ends.modifier, AA), AA, SPA, frame1, snonce)
        return holder.sealed(2, unsigned)[-MIC:] == mic

    assert [guess for guess in candidates() if fits(guess)] == [psk] * found


def test_two_octets_of_mic_let_one_guess_in_65536_in() -> None:
    """W1.5, X14: of all two-octet MICs exactly one is taken for a forged message; of eight, none of those."""
    key = TransientKey(Secret(PSK[:16]), Secret(PSK[16:]))
    short, long = (Protection(MAC, AmpParameters(mic_octets=octets), ID, SPA, key, b"") for octets in (2, 8))

    def taken(protection: Protection, mic: bytes) -> bool:
        try:
            protection.verify(Msg.SEC_RESPONSE, b"forged", mic)
        except RefusedError:
            return False
        return True

    guesses = [value.to_bytes(2, "big") for value in range(1 << 16)]
    assert sum(taken(short, guess) for guess in guesses) == 1
    assert sum(taken(long, guess + bytes(6)) for guess in guesses) == 0


@pytest.mark.parametrize(("right", "believed"), [(True, 1), (False, 0)])
def test_who_guesses_a_short_mic_is_believed(right: bool, believed: int) -> None:
    """W1.5, X6, X14: one try per SEC-TRIGGER; the lucky one makes the AP believe a tag that has no key."""
    ends = TwoEnds(AmpParameters(mic_octets=2, encrypt=False, flow=2), ap_options={"retries": 0})
    ends.begin()
    (trigger,) = ends.ap.messages_to_send(0)
    snonce = bytes(range(16))
    holder = Reference(reference_s1.pmk1(PSK, ends.modifier, AA), AA, SPA, trigger.payload, snonce, mic=2)
    lucky = holder.response(snonce, b"fire!", flags=0)
    guess = lucky if right else lucky[:-1] + bytes([lucky[-1] ^ 1])
    ends.ap.receive(Message(1, 2, 2, ID, guess), 0)
    ends.ap.receive(Message(1, 2, 2, ID, lucky), 0)
    assert ends.heard("ap", "uplink_data", "data_hex") == [b"fire!".hex()] * believed


SAME = bytes(range(1, 17))


def test_a_tag_that_repeats_its_snonce_is_saved_by_the_ap() -> None:
    """W1.6: after each cold start the same SNonce; the AP's fresh ANonce still makes another PTK."""
    ends = TwoEnds(AmpParameters(flow=2), readings=[b"one", b"two"], tag_entropy=Scripted(SAME, SAME))
    ends.exchange()
    ends.tag.power_off()
    ends.exchange()
    first, second = ends.air[1].payload, ends.air[3].payload
    assert first[1:17] == second[1:17] == SAME
    assert xor(first[17:20], second[17:20]) != xor(b"one", b"two"), "the same key stream would show the difference"
    ends.begin()
    ends.ap.messages_to_send(ends.now_ns)
    ends.ap.receive(ends.air[1], ends.now_ns)
    assert ends.heard("ap", "refused", "reason") == ["bad_mic"]
    assert ends.heard("ap", "uplink_data", "data_hex") == [b"one".hex(), b"two".hex()]


def restarted(ends: TwoEnds, anonce: bytes) -> AmpAuthenticator:
    """Return the AP after a restart that forgot its nonces, with a source that says ``anonce`` again."""
    ap = AmpAuthenticator(
        MAC, ends.parameters, AA, ends.modifier, Scripted(anonce), trigger_for=lambda station, octets: TRIGGER
    )
    ap.enroll(TagCredential(ID, SPA, ends.server.pmk1(ends.modifier, AA)))
    return ap


@pytest.mark.parametrize("repeats", [True, False])
def test_an_ap_that_repeats_its_anonce_takes_an_old_response_again(repeats: bool) -> None:
    """W1.6, X2: a fixed ANonce across a restart lets a recorded frame 2 in; a fresh one does not."""
    ends = TwoEnds(AmpParameters(flow=2), readings=[b"open"], ap_entropy=Scripted(SAME))
    ends.exchange()
    ends.ap = restarted(ends, SAME if repeats else SAME[::-1])
    ends.ap_events.clear()
    ends.begin()
    ends.ap.messages_to_send(ends.now_ns)
    ends.ap.receive(ends.air[1], ends.now_ns)
    assert ends.heard("ap", "uplink_data", "data_hex") == ([b"open".hex()] if repeats else [])


@pytest.mark.parametrize("caches", [True, False])
def test_a_tag_that_keeps_its_ptk_over_a_power_loss_repeats_a_nonce(caches: bool) -> None:
    """W1.7, R1.40: the saved packet number is an old one: two readings under one (key, nonce), and an attacker reads
    their difference; a tag that forgets its PTK answers nothing."""
    ends = TwoEnds(AmpParameters(flow=4), ap_options={"retries": 0})
    if caches:
        identity = TagIdentity(ID, SPA, AA)
        ends.tag = CachingSupplicant(MAC, ends.parameters, identity, ends.nvm, ends.tag_entropy)
        ends.tag.set_uplink_data(ends.queue)

    def lose_power(message: Message) -> list[Message]:
        if message.msg == 4 and len(ends.queue) == 1:
            ends.queue.delivered()
            ends.queue.put(b"19.9 C")
            ends.tag.power_off()
        return [message]

    ends.begin(command=b"one")
    ends.ap.queue_command(ID, b"two")
    ends.round()
    ends.queue.put(b"21.5 C")
    ends.round(uplink=lose_power)
    ends.round()
    acks = [message.payload for message in ends.air if message.msg == 4]
    if not caches:
        assert len(acks) == 1 and ends.heard("tag", "refused", "reason") == ["unexpected"]
        return
    assert acks[0][1] == acks[1][1] == 1, "the same packet number"
    assert xor(acks[0][2:8], acks[1][2:8]) == xor(b"21.5 C", b"19.9 C")
