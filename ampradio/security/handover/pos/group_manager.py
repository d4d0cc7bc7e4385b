"""The PoS with Group Manager of Remedy 2: issues device keys, and group keys for an MN and its TPoS (R5.52–R5.58)."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass

from ampradio.security import key_log, primitives
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.association import Association
from ampradio.security.handover.pos.backhaul import Arrived, Backhaul, Datagram
from ampradio.security.handover.pos.device_keys import GroupEntry
from ampradio.security.handover.pos.key_tree import KeyTree, node_octets
from ampradio.security.handover.pos.site import required, service_fields
from ampradio.security.handover.profiles import (
    KEY_OCTETS,
    LITE_ID_OCTETS,
    MIC_OCTETS,
    HandoverParameters,
    Status,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, SecurityEvent

ISSUES_MAX = 256


@dataclass
class Issue:
    """A group key under way: first to the TPoS, and once that has it to the SPoS, for the MN."""

    request: Arrived
    mn: bytes
    tpos: bytes
    for_mn: GroupEntry
    suite: bytes
    pushed: Datagram
    deadline_ns: int
    tries_left: int


class GroupManager:
    """One manager with its tree and its members."""

    def __init__(
        self,
        parameters: HandoverParameters,
        own_id: bytes,
        tree: KeyTree,
        entropy: EntropySource,
        *,
        first_group: int = 1,
        first_seq: int = 1,
    ) -> None:
        """Take the agreed parameters, the own lite ID, the tree, an entropy source and where the numbers begin."""
        self._parameters = parameters
        self._tree = tree
        self._nonces = NonceSource(entropy)
        self._journal = Journal("gm")
        self._backhaul = Backhaul(parameters, own_id)
        self._leaves: dict[bytes, int] = {}
        self._issues: OrderedDict[tuple[bytes, int], Issue] = OrderedDict()
        self._next_group = first_group
        self._next_seq = first_seq
        self._journal.note("parameters", **parameters.report(), pos=own_id.hex())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    def trust(self, association: Association) -> None:
        """Take an SA with a PoS into use."""
        self._backhaul.associations[association.peer] = association

    def enroll(self, member: bytes, leaf: int) -> dict[int, Secret]:
        """Give an MN or PoS a leaf; return its device keys by depth (R5.55).

        Raises ``ValueError`` for a leaf that is not there or taken.
        """
        if leaf in self._leaves.values():
            raise ValueError(f"leaf {leaf} is taken")
        keys = self._tree.path(leaf)
        self._leaves[member] = leaf
        return keys

    def backhaul_received(self, octets: bytes, now_ns: int) -> None:
        """Take one UDP payload; a bad one is counted and dropped."""
        try:
            arrived = self._backhaul.take(octets)
            if arrived is not None:
                self._dispatch(arrived, now_ns)
        except RefusedError as refused:
            self._journal.refuse_at(refused.reason, octets=len(octets))
        except EntropyError as dead:
            self._journal.note("entropy_refused", reason=str(dead))

    def backhaul_to_send(self) -> list[Datagram]:
        """Return the UDP payloads that are due."""
        return self._backhaul.to_send()

    def next_deadline_ns(self) -> int | None:
        """Return when a push is repeated."""
        return min((issue.deadline_ns for issue in self._issues.values()), default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Repeat pushes that a TPoS did not acknowledge, and report those in vain to the SPoS."""
        for issue in list(self._issues.values()):
            if now_ns < issue.deadline_ns:
                continue
            if issue.tries_left:
                issue.tries_left -= 1
                issue.deadline_ns = now_ns + self._parameters.retry_ns
                self._backhaul.send_again(issue.pushed)
            else:
                self._end(issue)
                self._fail(issue.request, Status.NETWORK_ERROR)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _dispatch(self, arrived: Arrived, now_ns: int) -> None:
        if arrived.frame.kind == mis.ISSUE_REQUEST:
            self._issue(arrived, now_ns)
        elif arrived.frame.kind == mis.PUSH_RESPONSE:
            self._acknowledged(arrived)
        else:
            raise RefusedError(Reason.UNEXPECTED.value)

    def _issue(self, arrived: Arrived, now_ns: int) -> None:
        """Make a group key for an MN and a TPoS (R5.58); members only."""
        if any(issue.request.octets == arrived.octets for issue in self._issues.values()):
            return  # a repetition of what is under way; only without an SA below does it come this far
        if arrived.frame.source not in self._backhaul.associations:
            raise RefusedError(Reason.UNKNOWN_PEER.value)
        fields = service_fields(arrived)
        mn = mis.lite_id(fields.get(Tlv.MN_ID, b""))
        tpos, suite = required(fields, Tlv.TPOS, LITE_ID_OCTETS), required(fields, Tlv.CIPHERSUITE, 1)
        if mn not in self._leaves or tpos not in self._leaves or tpos not in self._backhaul.associations:
            self._fail(arrived, Status.REJECTED)
            return
        entries = self._block(mn, tpos)
        transaction = self._backhaul.next_transaction()
        pushed = self._push(entries[tpos], mn, suite, tpos, transaction)
        deadline = now_ns + self._parameters.retry_ns
        issue = Issue(arrived, mn, tpos, entries[mn], suite, pushed, deadline, self._parameters.tries - 1)
        self._issues[tpos, transaction] = issue
        self._journal.note("group_key_issued", mn=mn.hex(), tpos=tpos.hex())
        if len(self._issues) > ISSUES_MAX:
            self._fail(self._issues.popitem(last=False)[1].request, Status.UNSPECIFIED_FAILURE)

    def _acknowledged(self, arrived: Arrived) -> None:
        """The TPoS has it: now the SPoS gets the MN's entry, which only the MN can open."""
        issue = self._issues.get((arrived.frame.source, arrived.frame.transaction))
        status = required(service_fields(arrived), Tlv.STATUS, 1)[0]
        if issue is None:
            raise RefusedError(Reason.UNEXPECTED.value)
        self._end(issue)
        if status != Status.SUCCESS:
            self._fail(issue.request, Status.REJECTED)
            return
        spos, transaction = issue.request.frame.source, issue.request.frame.transaction
        self._backhaul.remember(issue.request, self._push(issue.for_mn, issue.mn, issue.suite, spos, transaction))

    def _block(self, mn: bytes, tpos: bytes) -> dict[bytes, GroupEntry]:
        """Return both members' entries: one node if they are siblings, else two leaves."""
        group_key = self._nonces.draw(KEY_OCTETS)
        group, seq = self._next_group.to_bytes(4, "big"), self._next_seq.to_bytes(4, "big")
        self._next_group, self._next_seq = self._next_group + 1, self._next_seq + 1
        life = self._parameters.key_lifetime_s.to_bytes(4, "big")
        covering = self._tree.cover((self._leaves[mn], self._leaves[tpos]))
        entries = {}
        for member in (mn, tpos):
            node = covering[self._leaves[member]]
            wrapped = primitives.aes_wrap(self._tree.key(node).expose(), group_key)
            key_log.keep(key_log.S5_K, wrapped, Secret(group_key))
            covered = group + seq + node_octets(node) + tpos + life + wrapped
            verify = primitives.aes_cmac(group_key, covered, MIC_OCTETS)
            entries[member] = GroupEntry(group, seq, node_octets(node), tpos, life, wrapped, verify)
        return entries

    def _push(self, entry: GroupEntry, mn: bytes, suite: bytes, peer: bytes, transaction: int) -> Datagram:
        fields = [*entry.fields, (Tlv.MN_ID, mis.misf_id(mn)), (Tlv.CIPHERSUITE, suite)]
        return self._backhaul.send(mis.PUSH_REQUEST, transaction, peer, fields)

    def _fail(self, request: Arrived, status: Status) -> None:
        self._journal.note("issue_failed", status=int(status))
        self._backhaul.answer(request, mis.ISSUE_RESPONSE, [(Tlv.STATUS, bytes([status]))])

    def _end(self, issue: Issue) -> None:
        for name in [name for name, other in self._issues.items() if other is issue]:
            del self._issues[name]
