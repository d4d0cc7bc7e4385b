"""Attacks X1 to X14 as a node on the air: it records, replays, flips, drops, injects (protocols page 1.4)."""
