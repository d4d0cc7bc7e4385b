#!/usr/bin/env bash
# Everything `make demo` and `make test` need, on a fresh Debian 12 or Ubuntu: GNU Radio and libiio from the
# distribution, a virtual environment on the distribution's own Python, pinned packages, this checkout in it.
# A second call finds the stamp and does nothing. AMP_NO_APT=1 forbids installing distribution packages;
# AMP_PYTHON names another interpreter that GNU Radio is installed for.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PYTHON=${AMP_PYTHON:-/usr/bin/python3} # GNU Radio's modules are built for this one, whatever `python3` on the PATH may be
VENV=.venv
STAMP=$VENV/.setup-stamp
CONSTRAINTS=testbed/bootstrap/constraints.txt
LOG=.setup/setup.log
# xterm: else GNU Radio brings the whole GNOME terminal; gir1.2-gtk-3.0: else GNU Radio Companion does not open
# tshark: the tests' judge of the frames that the security systems write
# hostapd, freeradius: the RADIUS and EAP servers that the tests try the gateway against
# zsh, fish: the shells that completion is tried in
PACKAGES=(gnuradio gir1.2-gtk-3.0 xterm libiio-utils python3-venv tshark hostapd freeradius zsh fish)
# chromium: the browser in which the tests try the live view; Ubuntu has it as a snap only (`snap install chromium`)
BROWSER=$(. /etc/os-release 2>/dev/null && [[ ${ID:-} == debian ]] && echo chromium || true)
PACKAGES+=($BROWSER)

say() { printf '==> %s\n' "$*"; }

fail() { # what went wrong, then what to do
    printf 'setup: error: %s\n' "$1" >&2
    shift
    printf '       fix: %s\n' "$@" >&2
    exit 3
}

fingerprint() {
    # with the loops: after a change they are compiled here, not by the processes of somebody's run
    { cat pyproject.toml "$CONSTRAINTS" testbed/bootstrap/setup.sh; cat ampradio/*/*_loop*.py 2>/dev/null || true
        readlink -f "$PYTHON"; pwd; } | sha256sum
}

is_done() {
    [[ -x $VENV/bin/python && -x $PYTHON && -f $STAMP && $(<"$STAMP") == "$(fingerprint)" ]]
}

show_progress() { # a line every ten seconds with the newest line of the log, while process $1 runs
    local started=$SECONDS
    while kill -0 "$1" 2>/dev/null; do
        sleep 0.2
        if ((SECONDS - started >= 10)); then
            started=$SECONDS
            printf '    %4d s  %.90s\n' "$SECONDS" "$(tail -n 20 "$LOG" | grep -vE '^WARNING|uninstall' | tail -n 1 | tr -d '\r')"
        fi
    done
}

logged() { # run a command with its output in the log and a sign of life on the screen
    printf '\n$ %s\n' "$*" >>"$LOG"
    "$@" >>"$LOG" 2>&1 </dev/null &
    CHILD=$!
    local status=0
    show_progress "$CHILD"
    wait "$CHILD" || status=$?
    CHILD=
    return "$status"
}

CHILD=
stopped() { # a job in the background does not hear Ctrl-C by itself
    [[ -n $CHILD ]] && kill "$CHILD" 2>/dev/null
    say "Stopped; the next call goes on from here"
    exit 130
}
trap stopped INT TERM

log_end() { # the newest lines of the log, for a failure message
    printf -- '---- last lines of %s ----\n' "$LOG" >&2
    tail -n "${1:-15}" "$LOG" >&2
}

system_lacks() { # print what the distribution still has to give; nothing when complete
    [[ -x $PYTHON ]] || { echo "python3"; return; }
    "$PYTHON" -I - <<'PY'
import ctypes.util, importlib.util, sys

def has(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False

for module in ("gnuradio.gr", "gnuradio.zeromq", "ensurepip"):
    if not has(module):
        print(module)
if not ctypes.util.find_library("iio"):
    print("libiio")
PY
    [[ -x /usr/bin/grcc ]] || echo "grcc"
    command -v iio_info >/dev/null || echo "libiio-utils"
    command -v tshark >/dev/null && command -v text2pcap >/dev/null || echo "tshark"
    [[ -z $BROWSER ]] || command -v "$BROWSER" >/dev/null || echo "$BROWSER"
    command -v zsh >/dev/null || echo "zsh"
    command -v fish >/dev/null || echo "fish"
    [[ -x /usr/sbin/hostapd ]] || echo "hostapd"
    [[ -x /usr/sbin/freeradius ]] || echo "freeradius"
}

install_packages() {
    local lacks as_root=()
    lacks=$(system_lacks | tr '\n' ' ')
    [[ -z $lacks ]] && { say "GNU Radio and libiio are installed"; return; }
    local by_hand="sudo apt-get update && sudo apt-get install -y --no-install-recommends ${PACKAGES[*]}"
    command -v apt-get >/dev/null || fail "missing on this machine: $lacks" \
        "install GNU Radio 3.10 (with zeromq), libiio and Python's venv with your package manager, then run this again"
    [[ -n ${AMP_NO_APT:-} ]] && fail "missing on this machine: $lacks(and AMP_NO_APT is set)" "$by_hand"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "missing on this machine: $lacks; neither root nor sudo here" \
            "as root: apt-get update && apt-get install -y --no-install-recommends ${PACKAGES[*]}"
        if ! sudo -n true 2>/dev/null; then
            [[ -t 0 ]] || fail "missing on this machine: $lacks; sudo wants a password and there is no terminal" "$by_hand"
            say "sudo may ask for your password, to install: ${PACKAGES[*]}"
            sudo -v || fail "sudo refused" "$by_hand"
        fi
        as_root=(sudo)
    fi
    say "Installing from the distribution: ${PACKAGES[*]} (a bare machine downloads about 450 MB; 1 to 4 minutes)"
    local proxies=() # sudo drops them from the environment
    mapfile -t proxies < <(env | grep -iE '^(https?|ftp|no)_proxy=' || true)
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${proxies[@]}" apt-get -o DPkg::Lock::Timeout=300)
    # finish what an earlier, interrupted install left half done
    logged "${as_root[@]}" dpkg --configure -a || true
    local radius_was_here=
    [[ -x /usr/sbin/freeradius ]] && radius_was_here=1
    # one broken extra source must not stop us: what counts is whether the install finds its packages
    logged "${apt[@]}" update || say "apt-get update had trouble, trying to go on (see $LOG)"
    if ! logged "${apt[@]}" install -y --no-install-recommends "${PACKAGES[@]}"; then
        log_end
        fail "apt-get could not install ${PACKAGES[*]}" "$by_hand" "is the network there? see $LOG"
    fi
    # the distribution starts it as a service, at every address; the tests start their own
    [[ -n $radius_was_here ]] || logged "${as_root[@]}" systemctl disable --now freeradius || true
    lacks=$(system_lacks | tr '\n' ' ')
    [[ -z $lacks ]] || fail "still missing after the install: $lacks" "$by_hand" "see $LOG"
}

venv_is_sound() { # ours, on the distribution's Python of today, and not moved here from another folder
    [[ -x $VENV/bin/python && -x $VENV/bin/pip ]] &&
        grep -qi '^include-system-site-packages *= *true' $VENV/pyvenv.cfg &&
        [[ $("$VENV/bin/python" -I -c 'import sys; print(sys.base_prefix, *sys.version_info[:2], sys.prefix)' 2>&1) == \
            "$("$PYTHON" -I -c 'import sys; print(sys.prefix, *sys.version_info[:2])') $PWD/$VENV" ]] &&
        head -n 1 $VENV/bin/pip | grep -qF "$PWD/$VENV/"
}

make_venv() {
    "$PYTHON" -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$PYTHON is $("$PYTHON" -V), at least 3.10 is needed" "use Debian 12, Ubuntu 22.04 or newer"
    venv_is_sound && return
    if [[ -e $VENV ]]; then
        say "Replacing $VENV: it is not a virtual environment of $PYTHON in this folder"
    else
        say "Making the virtual environment $VENV on $("$PYTHON" -V)"
    fi
    if ! logged "$PYTHON" -m venv --clear --system-site-packages $VENV; then
        log_end
        fail "$PYTHON could not make a virtual environment" "sudo apt-get install -y python3-venv" "rm -rf $VENV"
    fi
}

install_python_packages() {
    say "Installing the pinned Python packages (about 120 MB the first time; half a minute to a few minutes)"
    # the constraints hold inside pip's build environments too, also under the newer option's name
    export PIP_CONSTRAINT=$CONSTRAINTS PIP_BUILD_CONSTRAINT=$CONSTRAINTS PIP_DISABLE_PIP_VERSION_CHECK=1
    local pip=("$VENV/bin/python" -m pip install --progress-bar off --no-input)
    if ! logged "${pip[@]}" -c "$CONSTRAINTS" -e '.[dev,docs,pluto]'; then
        log_end
        fail "pip could not install the Python packages" "is the network there? see $LOG, then run this again" \
            "behind a proxy or a mirror: set it in /etc/pip.conf or with PIP_INDEX_URL"
    fi
    logged "${pip[@]}" -c "$CONSTRAINTS" -e '.[fast]' ||
        say "The accelerator (numba) could not be installed: everything works without it, decoding takes longer"
}

smoke_test() {
    if ! logged "$VENV/bin/python" -c '
import numpy
assert numpy.__version__.startswith("1."), f"numpy {numpy.__version__}: GNU Radio of the distribution needs numpy below 2"
from gnuradio import blocks, gr, zeromq
import cryptography, msgspec, scipy, sigmf, zmq
import ampradio, testbed
print("GNU Radio", gr.version(), "numpy", numpy.__version__, "scipy", scipy.__version__, "pyzmq", zmq.__version__)'; then
        log_end
        fail "the installed packages do not work together" "$VENV/bin/amp doctor" "rm -rf $VENV, then run this again"
    fi
    say "Works together: $(tail -n 1 "$LOG")"
}

compile_loops() { # once, into the cache beside the sources, so that nobody's first frame has to wait for it
    say "Compiling the receivers' inner loops (a quarter of a minute)"
    logged "$VENV/bin/python" -c 'from ampradio import accelerator; print(accelerator.prepare_everything())' ||
        say "They could not be compiled (see $LOG): numpy does the same, slower, with AMP_ACCELERATOR=none"
}

# What a shell may carry over from pyenv, conda, another virtual environment or a user-wide pip
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE VIRTUAL_ENV CONDA_PREFIX PYENV_VERSION PYENV_VIRTUAL_ENV \
    PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER PIP_NO_DEPS PIP_NO_BUILD_ISOLATION __PYVENV_LAUNCHER__
export PYTHONNOUSERSITE=1

is_done && exit 0
mkdir -p .setup
exec 9>.setup/lock
if ! flock -n 9; then
    say "Another set-up is at work in this folder, waiting for it"
    flock 9
    is_done && exit 0
fi
date -u '+%n==== set-up of %Y-%m-%d %H:%M:%S UTC ====' >>"$LOG"
say "Setting up once (every step is written to $LOG)"
install_packages
make_venv
rm -f "$STAMP"
install_python_packages
smoke_test
compile_loops
fingerprint >"$STAMP"
say "Set-up done in $SECONDS s; it will not run again until the requirements change"
