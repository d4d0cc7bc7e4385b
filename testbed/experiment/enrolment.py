"""What an experiment takes from an enrolment elsewhere: a server, a tag of the factory, a label, an EAP credential."""

from __future__ import annotations

import os
from pathlib import Path

from ampradio.security.rsna.tag.eap_psk import PSK_OCTETS
from ampradio.security.rsna.tag.eap_tls import TlsCredential
from ampradio.security.secret import Secret
from testbed.authority.label import LabelError, read_label
from testbed.authority.tag_file import TagFile, read_tag_file
from testbed.authority.vault import VaultError, key_from, read_secret
from testbed.experiment.error import KeyPath
from testbed.experiment.plan import EapPlan, ServerPlan
from testbed.experiment.shape import ExperimentFile, Tag
from testbed.experiment.source import Source
from testbed.experiment.systems import EAP_SUITES, variant_of
from testbed.radius.client import endpoint_of

SECRET_VARIABLE = "AMP_RADIUS_SECRET"
SQLITE = "sqlite:"
_IDENTITY_OCTETS_MAX = 64
_PEM_OCTETS_MAX = 16_384


def server_of(source: Source, file: ExperimentFile) -> ServerPlan | None:
    """Return the authentication server that ``[security]`` names; raises ExperimentError."""
    security = file.security
    path: KeyPath = ("security", "server")
    if not security.server:
        if security.server_secret_file is not None:
            raise source.error(("security", "server_secret_file"), "there is no server", "name it in server")
        return None
    if security.system not in ("provisioning", "rsna"):
        raise source.error(path, f"{security.system} has no authentication server", "leave it out")
    secret_file = None if security.server_secret_file is None else source.folder / security.server_secret_file
    try:
        if security.server.startswith(SQLITE):
            if security.system != "provisioning":
                raise source.error(path, "a database is no EAP server", 'write "radius://127.0.0.1:1812"')
            database = source.folder / security.server.removeprefix(SQLITE)
            return ServerPlan(f"{SQLITE}{database}", Secret(key_from(secret_file)))
        endpoint = endpoint_of(security.server)
        return ServerPlan(str(endpoint), _radius_secret(secret_file))
    except VaultError as error:
        raise source.error(("security", "server_secret_file"), error.reason, error.fix) from None
    except ValueError as error:
        raise source.error(path, str(error), 'write "radius://127.0.0.1:1812" or "sqlite:as.sqlite"') from None


def made(source: Source, index: int, tag: Tag) -> TagFile | None:
    """Return the tag that `amp tag make` made, if the experiment names one; raises ExperimentError."""
    if tag.identity_file is None:
        return None
    path: KeyPath = ("tags", index, "identity_file")
    if tag.psk_hex is not None or tag.psk_file is not None:
        raise source.error(path, "a PSK stands beside identity_file, which has one", "keep one of them")
    try:
        return read_tag_file(source.folder / tag.identity_file)
    except VaultError as error:
        raise source.error(path, error.reason, error.fix) from None


def scanned(source: Source, file: ExperimentFile) -> bytes | None:
    """Return the H(A_pubk) of the label that the experiment names; raises ExperimentError for what cannot be."""
    security = file.security
    if security.system == "provisioning":
        if security.provisioning.end_to_end and security.server.startswith("radius:"):
            reason = "RADIUS carries no commands: the server has to be in this process"
            raise source.error(("security", "provisioning", "end_to_end"), reason, 'write server = "sqlite:FILE"')
        for index, tag in enumerate(file.tags):
            one = made(source, index, tag)
            if security.server and one is None:
                fix = "make a tag (amp tag make) and name it in identity_file"
                raise source.error(("security", "server"), "a server knows no tag that is drawn from a seed", fix)
            if one is not None and not security.server:
                raise source.error(("tags", index, "identity_file"), "no server knows this tag", "name one in server")
            if one is not None and one.variant != variant_of(security):
                reason = f"this tag is made for variant {one.variant!r}"
                raise source.error(("tags", index, "identity_file"), reason, f"set security.variant={one.variant}")
            if one is not None and one.hash_octets != security.provisioning.hash_octets:
                reason = f"this tag is made for {one.hash_octets} octets of H(A_pubk)"
                path = ("security", "provisioning", "hash_octets")
                raise source.error(path, reason, f"write hash_octets = {one.hash_octets}")
    if security.provisioning.qr_file is None:
        return None
    try:
        return read_label(source.folder / security.provisioning.qr_file)
    except LabelError as error:
        raise source.error(("security", "provisioning", "qr_file"), error.reason, error.fix) from None


def eap_of(source: Source, file: ExperimentFile, index: int) -> EapPlan | None:
    """Return a tag's credential for EAP; raises ExperimentError when the suite wants one that is not there."""
    tag, security, path = file.tags[index], file.security, ("tags", index)
    given = tag.eap_psk_file is not None, tag.eap_certificates is not None
    if security.system != "rsna" or security.rsna.akm not in EAP_SUITES:
        return None
    if not security.server:
        fix = 'write server = "radius://127.0.0.1:1812", or take suite 2 or 6'
        raise source.error(("security", "rsna", "akm"), "this suite needs an EAP server", fix)
    identity = tag.eap_identity.encode()
    if not 0 < len(identity) <= _IDENTITY_OCTETS_MAX:
        reason = f"an EAP identity has 1 to {_IDENTITY_OCTETS_MAX} octets, not {len(identity)}"
        raise source.error((*path, "eap_identity"), reason, 'as "tag@amp.test"')
    if given == (False, False) or given == (True, True):
        fix = "give eap_psk_file (EAP-PSK) or eap_certificates (EAP-TLS)"
        raise source.error((*path, "eap_psk_file"), "one credential for EAP is needed", fix)
    try:
        if tag.eap_psk_file is not None:
            return EapPlan(identity, psk=_eap_psk(source.folder / tag.eap_psk_file))
        return EapPlan(identity, tls=_tls(source.folder / str(tag.eap_certificates), tag.eap_server_name))
    except VaultError as error:
        key = "eap_psk_file" if given[0] else "eap_certificates"
        raise source.error((*path, key), error.reason, error.fix) from None


def _radius_secret(path: Path | None) -> Secret:
    octets = os.environb.get(SECRET_VARIABLE.encode(), b"") if path is None else read_secret(path)
    if not octets.strip():
        fix = f"name its file in server_secret_file, or set {SECRET_VARIABLE}"
        raise VaultError("there is no secret shared with the server", fix)
    return Secret(octets.strip())


def _eap_psk(path: Path) -> Secret:
    octets = read_secret(path)
    if len(octets) != PSK_OCTETS:
        try:
            octets = bytes.fromhex(octets.decode("ascii"))
        except ValueError:
            octets = b""
    if len(octets) != PSK_OCTETS:
        raise VaultError(f"{path} is no key of EAP-PSK", f"give {2 * PSK_OCTETS} hex digits")
    return Secret(octets)


def _tls(folder: Path, server_name: str) -> TlsCredential:
    try:
        pem = {name: (folder / name).read_bytes()[:_PEM_OCTETS_MAX] for name in ("client.pem", "client.key", "ca.pem")}
    except OSError as error:
        fix = "give a folder with client.pem, client.key and ca.pem"
        raise VaultError(f"{error.filename} cannot be read: {error.strerror}", fix) from None
    if not server_name:
        raise VaultError("the server's name is missing", "name it in eap_server_name, as its certificate has it")
    credential = TlsCredential(pem["client.pem"], Secret(pem["client.key"] or b"-"), pem["ca.pem"], server_name)
    try:
        credential.connection()
    except ValueError as error:
        raise VaultError(f"{folder}: {error}", "give PEM files, the key on an elliptic curve") from None
    return credential
