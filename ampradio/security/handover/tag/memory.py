"""What an MN keeps through a power loss (page 6.4): home SA and device keys, and what changes with every handover."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from ampradio.security.handover.profiles import KEY_OCTETS, LITE_ID_OCTETS, IdType
from ampradio.security.nvm import Rows, TwoSlot
from ampradio.security.secret import Secret

_HOME = struct.Struct(">2s2s16sHB")
_MARKS = struct.Struct(">HHIB")
_SERVING = struct.Struct(">2s2s16sBIHH")
_PENDING = struct.Struct(">2s16sIB16s16sB")
_HAS_SERVING, _HAS_PENDING = 0x01, 0x02
DEPTH_MAX = 16


@dataclass(frozen=True)
class Home:
    """The HPoS, the SA with it, and the device keys from depth 1 on (none without a Group Manager)."""

    pos: bytes
    said: bytes
    key: Secret
    leaf: int = 0
    device_keys: tuple[Secret, ...] = ()

    def __post_init__(self) -> None:
        if len(self.pos) != LITE_ID_OCTETS or len(self.said) != 2 or len(self.key) != KEY_OCTETS:
            raise ValueError("a home is a 2-octet PoS, a 2-octet SAID and a 16-octet key")
        if len(self.device_keys) > DEPTH_MAX or any(len(key) != KEY_OCTETS for key in self.device_keys):
            raise ValueError(f"device keys are at most {DEPTH_MAX} of {KEY_OCTETS} octets")


@dataclass(frozen=True)
class StoredServing:
    """The SA with the serving PoS, its sequence numbers as far as they may have been used."""

    pos: bytes
    said: bytes
    key: Secret
    id_type: IdType
    life_s: int
    sent_mark: int
    received: int


@dataclass(frozen=True)
class StoredPending:
    """A delivered key that is not confirmed, with what makes its confirmation the same octets again."""

    tpos: bytes
    key: Secret
    life_s: int
    id_type: IdType
    nonce_t: bytes
    nonce_n: bytes
    tid: int


@dataclass(frozen=True)
class State:
    """What changes: sequence numbers with the home, the last group key block, serving SA and pending key."""

    home_sent_mark: int = 0
    home_received: int = 0
    group_seq: int = 0
    serving: StoredServing | None = None
    pending: StoredPending | None = None


class NodeMemory:
    """Both records of an MN in its NVM."""

    _home_octets = _HOME.size + DEPTH_MAX * KEY_OCTETS
    _state_octets = _MARKS.size + _SERVING.size + _PENDING.size
    rows_needed = TwoSlot.rows_needed(_home_octets) + TwoSlot.rows_needed(_state_octets)

    def __init__(self, rows: Rows, first_row: int = 0) -> None:
        """Take where the records lie."""
        self._home = TwoSlot(rows, first_row, self._home_octets)
        self._state = TwoSlot(rows, first_row + TwoSlot.rows_needed(self._home_octets), self._state_octets)

    def provision(self, home: Home) -> None:
        """Write the home record, once; raises ``PowerLost`` when cut: then nothing is changed."""
        head = _HOME.pack(home.pos, home.said, home.key.expose(), home.leaf, len(home.device_keys))
        self._home.commit(head + b"".join(key.expose() for key in home.device_keys))

    def home(self) -> Home | None:
        """Return the home record, None before provisioning."""
        record = self._home.read()
        if record is None:
            return None
        pos, said, key, leaf, depth = _HOME.unpack(record[: _HOME.size])
        at = [_HOME.size + index * KEY_OCTETS for index in range(depth)]
        return Home(pos, said, Secret(key), leaf, tuple(Secret(record[a : a + KEY_OCTETS]) for a in at))

    def commit(self, state: State) -> None:
        """Replace the state; raises ``PowerLost`` when cut: then the old one counts."""
        flags = (_HAS_SERVING if state.serving else 0) | (_HAS_PENDING if state.pending else 0)
        octets = _MARKS.pack(state.home_sent_mark, state.home_received, state.group_seq, flags)
        if state.serving is not None:
            one = state.serving
            numbers = (one.id_type, one.life_s, one.sent_mark, one.received)
            octets += _SERVING.pack(one.pos, one.said, one.key.expose(), *numbers)
        if state.pending is not None:
            two = state.pending
            fields = (two.life_s, two.id_type, two.nonce_t, two.nonce_n, two.tid)
            octets += _PENDING.pack(two.tpos, two.key.expose(), *fields)
        self._state.commit(octets)

    def state(self) -> State:
        """Return the state, an empty one before the first commit."""
        record = self._state.read()
        if record is None:
            return State()
        sent, received, seq, flags = _MARKS.unpack(record[: _MARKS.size])
        state, rest = State(sent, received, seq), record[_MARKS.size :]
        if flags & _HAS_SERVING:
            pos, said, key, id_type, life_s, mark, taken = _SERVING.unpack(rest[: _SERVING.size])
            serving = StoredServing(pos, said, Secret(key), IdType(id_type), life_s, mark, taken)
            state, rest = replace(state, serving=serving), rest[_SERVING.size :]
        if flags & _HAS_PENDING:
            tpos, key, life_s, id_type, nonce_t, nonce_n, tid = _PENDING.unpack(rest)
            pending = StoredPending(tpos, Secret(key), life_s, IdType(id_type), nonce_t, nonce_n, tid)
            state = replace(state, pending=pending)
        return state
