"""S3: device authentication and command protection of 3GPP TR 33.713, Solution #9, over AMP frames."""

from ampradio.security.aiot.device.device import AiotDevice
from ampradio.security.aiot.device.memory import DeviceMemory
from ampradio.security.aiot.network.af import (
    CommandOperationRequest,
    CommandOperationResponse,
    FailureCause,
    Process,
)
from ampradio.security.aiot.network.function import AiotFunction
from ampradio.security.aiot.network.records import DeviceRecord
from ampradio.security.aiot.profiles import PROTO, AiotParameters, IdMode, Msg, Prof, ResponsePolicy

__all__ = [
    "PROTO",
    "AiotDevice",
    "AiotFunction",
    "AiotParameters",
    "CommandOperationRequest",
    "CommandOperationResponse",
    "DeviceMemory",
    "DeviceRecord",
    "FailureCause",
    "IdMode",
    "Msg",
    "Process",
    "Prof",
    "ResponsePolicy",
]
