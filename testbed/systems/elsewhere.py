"""Authentication servers that an experiment names: by RADIUS, or in a database beside the gateway (R2.22)."""

from __future__ import annotations

from pathlib import Path

from ampradio.security.provisioning import ProvisioningParameters, ProvisioningServer
from ampradio.security.provisioning.profiles import GWID_OCTETS
from testbed.authority.database import Database
from testbed.authority.vault import Vault
from testbed.experiment.enrolment import SQLITE
from testbed.experiment.plan import Experiment, ServerPlan
from testbed.radius.client import RadiusClient, endpoint_of
from testbed.radius.eap_relay import EapRelay
from testbed.radius.remote_server import RemoteServer
from testbed.systems.ends import entropy_for


def server_elsewhere(
    experiment: Experiment, parameters: ProvisioningParameters
) -> ProvisioningServer | RemoteServer | None:
    """Return S2's server that the experiment names, None when the run makes its own; raises ``DatabaseError``."""
    plan = experiment.server
    if plan is None:
        return None
    if not plan.uri.startswith(SQLITE):
        return RemoteServer(_client(plan))
    database = Database(Path(plan.uri.removeprefix(SQLITE)), Vault(plan.secret.expose()))
    return ProvisioningServer(
        experiment.profile.mac,
        parameters,
        database.private,
        database,
        database.gateways(),
        entropy_for(experiment, "server"),
    )


def eap_server_elsewhere(experiment: Experiment) -> EapRelay | None:
    """Return S4's way to its EAP server; the AP asks it directly, whoever it is."""
    plan, address = experiment.server, experiment.ap.address
    if plan is None:
        return None
    ssid = experiment.security.rsna.ssid.encode()
    return EapRelay(_client(plan), address[-GWID_OCTETS:], address, ssid)


def _client(plan: ServerPlan) -> RadiusClient:
    return RadiusClient(endpoint_of(plan.uri), plan.secret)
