"""One seed per run, spawned per consumer by name: a result depends neither on order nor on the number of workers."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_for(run_seed: int, consumer: str) -> np.random.SeedSequence:
    """Return the seed sequence of ``consumer`` (such as ``"air.uplink.noise"``) in the run of ``run_seed``."""
    digest = hashlib.sha256(consumer.encode()).digest()
    words = tuple(int.from_bytes(digest[at : at + 4], "big") for at in range(0, 16, 4))
    return np.random.SeedSequence(entropy=run_seed, spawn_key=words)


def generator_for(run_seed: int, consumer: str) -> np.random.Generator:
    """Return a fresh generator of ``consumer`` in the run of ``run_seed``."""
    return np.random.default_rng(seed_for(run_seed, consumer))
