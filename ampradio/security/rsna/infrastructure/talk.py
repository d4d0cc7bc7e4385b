"""Saying something to a station, saying it again, and giving up: the AP's timers, whatever is said (rule 22)."""

from __future__ import annotations

from collections.abc import Callable

from ampradio.security.rsna.infrastructure import protection
from ampradio.security.rsna.infrastructure.progress import Phase, Step
from ampradio.security.rsna.infrastructure.setting import ApSetting
from ampradio.security.rsna.profiles import PROTO, Msg, Port
from ampradio.security.session import Message

_NO_LONGER_VALID = 2  # reason code "previous authentication no longer valid" (9.4.1.7)


class Talk:
    """What is due to one station, what it has to answer by when, and the port to it."""

    def __init__(self, setting: ApSetting, station_id: int) -> None:
        self._setting = setting
        self._parameters = setting.parameters
        self.station_id = station_id
        self.phase = Phase.IDLE
        self.port = Port.BLOCKED
        self.step: Step | None = None
        self._outbox: list[Message] = []

    def due(self, now_ns: int) -> list[Message]:
        """Return what is to be sent now."""
        messages, self._outbox = self._outbox, []
        step = self.step
        if step is not None and step.due:
            payload = step.build(step.tries > 0)
            step.due = False
            step.deadline_ns = now_ns + self._parameters.timeouts_ns[step.tries]
            messages += [*step.prelude, self._message(step.msg, payload, step.reply_octets)]
        return messages

    def overdue(self, now_ns: int) -> bool:
        """Have the step under way said again if its answer is overdue; return True after the last try."""
        step = self.step
        if step is None or step.deadline_ns is None or now_ns < step.deadline_ns:
            return False
        step.tries += 1
        step.deadline_ns = None
        if step.tries == len(self._parameters.timeouts_ns):
            return True
        step.due = True
        self._note("retry", msg=int(step.msg), attempt=step.tries + 1)
        return False

    def _expect(
        self, msg: Msg, build: Callable[[bool], bytes], reply_octets: int, prelude: tuple[Message, ...] = ()
    ) -> None:
        self.step = Step(msg, build, reply_octets, prelude)

    def _around(self, msg: Msg) -> protection.FrameAround:
        return protection.FrameAround(self._setting.mac, self._parameters.prof, self.station_id, msg)

    def _deauthentication(self) -> Message:
        return self._message(Msg.DEAUTH, _NO_LONGER_VALID.to_bytes(2, "little"))

    def _message(self, msg: Msg, payload: bytes, reply_octets: int | None = None) -> Message:
        return Message(PROTO, int(msg), int(self._parameters.prof), self.station_id, payload, reply_octets)

    def _set_port(self, port: Port) -> None:
        if port is not self.port:
            self.port = port
            self._note("port", state=port.value)

    def _note(self, kind: str, **detail: str | int | bool | float) -> None:
        self._setting.journal.note(kind, station_id=self.station_id, **detail)
