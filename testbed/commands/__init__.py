"""The verbs of `amp`, one module each: ``register(subparsers)`` and ``run(args) -> int``."""
