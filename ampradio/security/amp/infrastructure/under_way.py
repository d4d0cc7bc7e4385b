"""What one AP has under way: an exchange per station ID, and a round for everyone (protocols page 2.4, rule 8)."""

from __future__ import annotations

from ampradio.security.amp.infrastructure.exchange import Exchange
from ampradio.security.amp.infrastructure.open_round import OpenRound
from ampradio.security.amp.infrastructure.setting import ApSetting
from ampradio.security.amp.infrastructure.stages import Request, Stage

Waiting = Exchange | OpenRound


class UnderWay:
    """Exchanges by station ID, and the round; what is over leaves."""

    def __init__(self, setting: ApSetting) -> None:
        self._setting = setting
        self._exchanges: dict[int, Exchange] = {}
        self.round: OpenRound | None = None

    def __bool__(self) -> bool:
        return bool(self._exchanges) or self.round is not None

    @property
    def all(self) -> list[Waiting]:
        """Every one of them."""
        return [*self._exchanges.values(), *([] if self.round is None else [self.round])]

    def exchange(self, station_id: int) -> Exchange | None:
        """Return the exchange with a station."""
        return self._exchanges.get(station_id)

    def waiting(self, station_id: int) -> Waiting | None:
        """Return what waits for a station, or under the broadcast ID for everyone."""
        return self.round if station_id == self._setting.mac.broadcast_id else self.exchange(station_id)

    def begin(self, station_id: int, request: Request) -> Exchange:
        """Begin an exchange with a station."""
        exchange = self._exchanges[station_id] = Exchange(self._setting, station_id, request)
        return exchange

    def begin_round(self, request: Request) -> None:
        """Begin a round for everyone."""
        self.round = OpenRound(self._setting, request)

    def triggers_due(self) -> list[tuple[Waiting, int]]:
        """Return whose SEC-TRIGGER is due, and to which ID it goes."""
        due: list[tuple[Waiting, int]] = [
            (exchange, exchange.station_id)
            for exchange in self._exchanges.values()
            if exchange.stage is Stage.TRIGGER_DUE
        ]
        if self.round is not None and self.round.trigger_due:
            due.append((self.round, self._setting.mac.broadcast_id))
        return due

    def give_up(self, waiting: Waiting) -> None:
        """Give up a reply; an exchange may have tries left."""
        if isinstance(waiting, OpenRound):
            waiting.end()
            self.round = None
        elif not waiting.lose_reply():
            del self._exchanges[waiting.station_id]

    def abandon(self, waiting: Waiting, reason: str) -> None:
        """End one without a word."""
        if isinstance(waiting, OpenRound):
            self._setting.journal.note("failed", station_id=self._setting.mac.broadcast_id, reason=reason)
            self.round = None
        else:
            waiting.fail(reason)
            del self._exchanges[waiting.station_id]

    def end_finished(self) -> None:
        """Complete the exchanges whose last message is out."""
        for exchange in list(self._exchanges.values()):
            if exchange.stage is Stage.LAST_SENT:
                exchange.complete()
                del self._exchanges[exchange.station_id]
