#!/usr/bin/env bash
# Sionna, which `make bench-phy` compares with, in an environment of its own: it needs a numpy that the distribution's
# GNU Radio cannot stand. Optional: without it, or without the network, the bench says so and goes on; AMP_NO_SIONNA=1
# leaves it out.
set -uo pipefail

[[ -n ${AMP_NO_SIONNA:-} ]] && exit 0

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PYTHON=${AMP_PYTHON:-/usr/bin/python3}
VENV=.venv-sionna
STAMP=$VENV/.setup-stamp
TORCH=torch==2.13.0
SIONNA=sionna==2.2.0
LOG=.setup/sionna.log

[[ -x $VENV/bin/python && -f $STAMP && $(<"$STAMP") == "$TORCH $SIONNA" ]] && exit 0
mkdir -p .setup
echo "==> Installing Sionna beside the testbed, once (some 300 MB; written to $LOG)"
pip=("$VENV/bin/python" -m pip install --progress-bar off --no-input --disable-pip-version-check)
{
    "$PYTHON" -m venv $VENV && "${pip[@]}" "$TORCH" && "${pip[@]}" "$TORCH" "$SIONNA" &&
        "$VENV/bin/python" -c 'import sionna.phy'
} >"$LOG" 2>&1 </dev/null || {
    echo "==> Sionna could not be installed (see $LOG); nothing else needs it"
    exit 0
}
echo "$TORCH $SIONNA" >"$STAMP"
