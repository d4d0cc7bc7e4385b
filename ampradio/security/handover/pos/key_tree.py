"""The Group Manager's tree of node keys, and the complete subtree of a set of leaves (page 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ampradio.security.handover.profiles import KEY_OCTETS
from ampradio.security.kbkdf import kbkdf
from ampradio.security.secret import Secret

Node = tuple[int, int]  # depth and index


def node_octets(node: Node) -> bytes:
    """Return a node as blocks name it: depth 1 octet, index 2."""
    return bytes([node[0]]) + node[1].to_bytes(2, "big")


class KeyTree:
    """A binary tree of ``depth`` levels below its root; node keys come from one secret, or are given."""

    def __init__(self, depth: int, secret: Secret, given: Mapping[Node, Secret] | None = None) -> None:
        """Take the depth (1…16), the tree's secret and keys that are fixed; raises ``ValueError`` for another depth."""
        if not 1 <= depth <= 16:
            raise ValueError(f"a key tree has 1…16 levels, not {depth}")
        self.depth = depth
        self._secret = secret
        self._given = dict(given or {})

    def key(self, node: Node) -> Secret:
        """Return a node's key."""
        if node in self._given:
            return self._given[node]
        return Secret(kbkdf(self._secret.expose(), b"NODE", node_octets(node), 8 * KEY_OCTETS))

    def path(self, leaf: int) -> dict[int, Secret]:
        """Return the device keys of a leaf by depth; raises ``ValueError`` for a leaf that is not there."""
        if not 0 <= leaf < 1 << self.depth:
            raise ValueError(f"a tree of depth {self.depth} has no leaf {leaf}")
        return {depth: self.key((depth, leaf >> (self.depth - depth))) for depth in range(1, self.depth + 1)}

    def cover(self, leaves: Iterable[int]) -> dict[int, Node]:
        """Return for every leaf the node of the complete subtree that covers it and no leaf outside the set."""
        nodes = {(self.depth, leaf) for leaf in leaves}
        covering = {leaf: (self.depth, leaf) for _, leaf in nodes}
        for depth in range(self.depth, 1, -1):
            pairs = {index >> 1 for level, index in nodes if level == depth and (depth, index ^ 1) in nodes}
            for parent in pairs:
                nodes -= {(depth, 2 * parent), (depth, 2 * parent + 1)}
                nodes.add((depth - 1, parent))
            for leaf in covering:
                above = (depth - 1, leaf >> (self.depth - depth + 1))
                if above in nodes and above[1] in pairs:
                    covering[leaf] = above
        return covering
