"""The gateway's end of S2."""

from ampradio.security.provisioning.gateway.gateway import Gateway

__all__ = ["Gateway"]
