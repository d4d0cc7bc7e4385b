"""The AP's end of S4."""

from ampradio.security.rsna.infrastructure.authenticator import Authenticator

__all__ = ["Authenticator"]
