"""`make test-hw URI=…`: the tests of the radio under test, on the radio at an address; without one they fail."""

from __future__ import annotations

import os
import sys

import pytest

from ampradio.radio.discovery import NoLibiio, Radio, radios_at
from ampradio.radio.errors import RadioError
from ampradio.radio.radio_uri import radio_uri
from tests.radio.conftest import URI_VARIABLE

NO_RADIO = 3


def main(uri: str) -> int:
    """Return pytest's exit code, or 3 when no radio answers at ``uri``; why goes to standard error."""
    if not uri:
        return _fail("which radio?", "make test-hw URI=ip:192.168.2.1, or URI=usb: for one that is plugged in")
    try:
        where = radio_uri(uri)
        (_, answer), *_ = radios_at([where.libiio])
    except RadioError as error:
        return _fail(error.reason, error.fix)
    except NoLibiio as error:
        return _fail(f"libiio cannot be used: {error}", "make setup, and then .venv/bin/amp doctor")
    if not isinstance(answer, Radio):
        return _fail(f"no radio answers at {uri}: {answer}", "plug it in, or see where one is: .venv/bin/amp devices")
    print(f"{answer.model}, serial {answer.serial}, firmware {answer.firmware}, at {uri}", flush=True)
    os.environ[URI_VARIABLE] = uri
    return int(pytest.main(["-m", "hardware", "-p", "no:cacheprovider", "tests/radio"]))


def _fail(reason: str, fix: str) -> int:
    print(f"test-hw: {reason}\n     fix: {fix}", file=sys.stderr)
    return NO_RADIO


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
