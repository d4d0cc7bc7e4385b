#!/usr/bin/env bash
# `make test-fresh`: build a bare Debian 12, clone this checkout into it, and do there what a newcomer does.
# usage: fresh.sh [--sudo] [TARGET...]     make targets to try, in order; default: demo test
#   --sudo   the newcomer is a user who may use sudo; without it, root
# Everything is mounted in a namespace of its own: whatever happens, nothing stays mounted and no process stays behind.
set -euo pipefail

SUITE=bookworm
SELF=$(readlink -f "${BASH_SOURCE[0]}")
ROOT=$(dirname "$(dirname "$(dirname "$SELF")")")
SHARED=${AMP_SHARED:-$ROOT/../shared}
NEWCOMER=${NEWCOMER:-root}
NEEDED_GB=6

say() { printf '### %s\n' "$*"; }

fail() {
    printf 'test-fresh: error: %s\n' "$1" >&2
    [[ -n ${2:-} ]] && printf '            fix: %s\n' "$2" >&2
    exit 3
}

# ---- what this host's apt and pip are told about the network, found out rather than assumed ----

mirrors() { # "URI codename component" of every Debian source of this host's apt, or the public ones
    local found=""
    if command -v apt-get >/dev/null; then
        found=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' \
            2>/dev/null | awk -v suite=$SUITE '$4 == "Debian" && index($2, suite) == 1 { print $1, $2, $3 }' | sort -u)
    fi
    if ! grep -q " $SUITE main" <<<"$found"; then
        found=$(printf '%s\n' "http://deb.debian.org/debian $SUITE main" "http://deb.debian.org/debian $SUITE-updates main" \
            "http://deb.debian.org/debian-security $SUITE-security main")
    fi
    printf '%s\n' "$found"
}

apt_settings() { # proxies, retries and date checks of this host's apt
    command -v apt-config >/dev/null || return 0
    apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|Check-|Force|Allow|AllowInsecure)[^ ]* ".+";$' || true
}

pip_files() {
    local file
    for file in /etc/pip.conf /etc/xdg/pip/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" "${PIP_CONFIG_FILE:-}"; do
        if [[ -n $file && -f $file ]]; then printf '%s\n' "$file"; fi
    done
}

pip_places() { # folders and files on this host that pip is told to use
    {
        pip_files | while read -r file; do cat "$file"; done
        env | grep -E '^PIP_' || true
    } | grep -oE '(file://)?/[^][:space:],"'\'']+' | sed 's|^file://||; s|/*$||' | sort -u || true
}

network_environment() { # proxies, certificates and pip settings in this environment
    env | grep -iE '^(PIP_[A-Z_]+|(https?|ftp|all|no)_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)=' || true
}

# ---- the bare system ----

run_as() { # run a command in the new system as user $1, with that user's environment
    local user=$1 home settings=()
    shift
    home=$(awk -F: -v user="$user" '$1 == user { print $6 }' "$BARE/etc/passwd")
    mapfile -t settings < <(network_environment)
    chroot --userspec="$user:$user" "$BARE" /usr/bin/env -i HOME="$home" USER="$user" LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${settings[@]}" "$@" </dev/null
}

in_chroot() { run_as root "$@"; }

as_newcomer() { run_as "$NEWCOMER" "$@"; }

add_newcomer() {
    [[ $NEWCOMER == root ]] && return
    in_chroot apt-get install -y --no-install-recommends sudo >>"$WORK/apt.log" 2>&1
    in_chroot useradd --create-home --shell /bin/bash "$NEWCOMER"
    printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$NEWCOMER" >"$BARE/etc/sudoers.d/newcomer"
    chmod 440 "$BARE/etc/sudoers.d/newcomer"
}

build_system() {
    local mirror proxy=""
    mirror=$(mirrors | awk -v suite=$SUITE '$2 == suite { print $1; exit }')
    proxy=$(apt-config shell P Acquire::http::Proxy 2>/dev/null | sed -n "s/^P='\(.*\)'$/\1/p" || true)
    say "Building a bare Debian 12 from $mirror"
    if [[ -n $proxy && $proxy != DIRECT ]]; then export http_proxy=$proxy; fi
    debootstrap --variant=minbase "$SUITE" "$BARE" "$mirror" >"$WORK/debootstrap.log" 2>&1 || {
        tail -n 20 "$WORK/debootstrap.log" >&2
        fail "debootstrap could not build a bare system" "is $mirror in reach? on Ubuntu: apt-get install debian-archive-keyring"
    }
    printf '#!/bin/sh\nexit 101\n' >"$BARE/usr/sbin/policy-rc.d"
    chmod 755 "$BARE/usr/sbin/policy-rc.d" # packages must not start services in here
    mirrors | sed 's/^/deb /' >"$BARE/etc/apt/sources.list"
    apt_settings >"$BARE/etc/apt/apt.conf.d/90network"
    cp -L /etc/resolv.conf "$BARE/etc/resolv.conf"
    cp -L /etc/hosts "$BARE/etc/hosts"

    mount -t proc proc "$BARE/proc"
    mount --rbind /dev "$BARE/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$BARE/dev/shm" # GNU Radio's circular buffers
    mount -t sysfs -o ro sysfs "$BARE/sys"

    say "Giving it what a newcomer has: git and make"
    { in_chroot apt-get update && in_chroot apt-get install -y --no-install-recommends git make ca-certificates; } \
        >"$WORK/apt.log" 2>&1 || {
        tail -n 20 "$WORK/apt.log" >&2
        fail "apt-get does not work in the bare system" "does it work on this host? see the lines above"
    }
}

carry_over_pip() {
    local file place
    while read -r file; do
        install -D -m 644 "$file" "$BARE/${file/#$HOME\//$HOME_OF_NEWCOMER/}"
    done < <(pip_files)
    if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
        cp -L /etc/ssl/certs/ca-certificates.crt "$BARE/etc/ssl/certs/ca-certificates.crt" # a proxy's certificate may be in it
    fi
    while read -r place; do
        if [[ -f $place && ! -e $BARE$place ]]; then
            install -D -m 644 "$place" "$BARE$place"
        elif [[ -d $place ]]; then
            [[ $place == */simple ]] && place=$(dirname "$place") # an index's pages point at files beside them
            [[ $place =~ ^/[^/]+/.+ && ! -e $BARE$place/. ]] || continue
            show_read_only "$place" "$BARE$place"
        fi
    done < <(pip_places)
}

show_read_only() { # $1 of this host at $2
    mkdir -p "$2"
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2"
}

clone() {
    as_newcomer mkdir -p "$HOME_IN"
    show_read_only "$ROOT" "$BARE/mnt"
    [[ -z $(git -C "$ROOT" status --porcelain 2>/dev/null) ]] || say "Note: uncommitted changes here are not in the clone"
    in_chroot git config --system safe.directory '*' # the checkout may belong to another user
    as_newcomer git clone --quiet /mnt "$HOME_IN/testbed"
    rm "$BARE/etc/gitconfig"
    COMMIT=$(as_newcomer git -C "$HOME_IN/testbed" rev-parse --short HEAD)
    say "Cloned commit $COMMIT"
    if [[ -d $SHARED ]]; then
        show_read_only "$(readlink -f "$SHARED")" "$BARE$HOME_IN/shared"
    else
        say "Note: no $SHARED here: the tests will miss their reference vectors"
    fi
}

# ---- what is measured ----

downloaded_bytes() { # by apt and pip, from the log of the set-up; a package pip takes from a folder counts as downloaded
    local log=$BARE$HOME_IN/testbed/.setup/setup.log total=0 file
    [[ -f $log ]] || { echo 0; return; }
    total=$(tail -c +"$1" "$log" | sed 's/,//g' | awk '
        function bytes(n, unit) { return n * (unit ~ /^[kK]/ ? 1e3 : unit ~ /^M/ ? 1e6 : unit ~ /^G/ ? 1e9 : 1) }
        /^Fetched [0-9.]+ [kMG]?B in/ { sum += bytes($2, $3) }
        / *Downloading .*\([0-9.]+ ?[kMG]?B\)/ {
            match($0, /\([0-9.]+ ?[kMG]?B\)/); size = substr($0, RSTART + 1, RLENGTH - 2)
            unit = size; gsub(/[0-9. ]/, "", unit); sum += bytes(size + 0, unit) }
        END { printf "%d", sum }')
    while read -r file; do
        [[ -f $BARE$file ]] && total=$((total + $(stat -c %s "$BARE$file")))
    done < <(tail -c +"$1" "$log" | sed -nE 's#^ *Processing (/.*\.(whl|tar\.gz))$#\1#p')
    echo "$total"
}

log_size() { stat -c %s "$BARE$HOME_IN/testbed/.setup/setup.log" 2>/dev/null || echo 0; }

try_target() { # run one make target as a newcomer and add a line to the summary
    local target=$1 started mark status=0 verdict=passed
    say "make $target"
    started=$(date +%s)
    mark=$(($(log_size) + 1))
    as_newcomer make -C "$HOME_IN/testbed" --no-print-directory "$target" || status=$?
    if ((status)); then verdict="FAILED (exit $status)"; FAILED=1; fi
    printf '  make %-12s %5d s   download %6.1f MB   %s\n' "$target" $(($(date +%s) - started)) \
        "$(awk -v bytes="$(downloaded_bytes "$mark")" 'BEGIN { print bytes / 1e6 }')" "$verdict" >>"$WORK/summary"
}

inside() { # in the namespaces
    WORK=$1 BARE=$1/bare FAILED=0 COMMIT=""
    shift
    local started=$SECONDS target
    HOME_OF_NEWCOMER=/root
    [[ $NEWCOMER == root ]] || HOME_OF_NEWCOMER=/home/$NEWCOMER
    HOME_IN=$HOME_OF_NEWCOMER/amp
    build_system
    add_newcomer
    carry_over_pip
    clone
    printf '  %-17s %5d s\n' "bare Debian 12" $((SECONDS - started)) >"$WORK/summary"
    for target in "$@"; do
        try_target "$target"
    done
    say "Fresh Debian 12, $(nproc --all) cores, commit $COMMIT"
    cat "$WORK/summary"
    return "$FAILED"
}

if [[ ${1:-} == --inside ]]; then
    shift
    inside "$@"
    exit
fi

if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "a bare system can only be built by root" "run it as root"
    exec sudo --preserve-env "$SELF" "$@"
fi
for tool in debootstrap unshare git; do
    command -v $tool >/dev/null || fail "$tool is not installed" "apt-get install -y debootstrap util-linux git"
done
unshare --mount --pid --ipc --fork true 2>/dev/null ||
    fail "this machine does not let root make namespaces (an unprivileged container?)" "run it on a real or virtual machine"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/amp-fresh.XXXXXX")
clean_up() { rm -rf --one-file-system "$WORK"; } # the mounts are gone with their namespace
trap clean_up EXIT
trap 'exit 130' INT TERM
free_gb=$(df --output=avail -BG "$WORK" | tail -n 1 | tr -dc 0-9)
((free_gb >= NEEDED_GB)) || fail "$free_gb GB free in ${TMPDIR:-/tmp}, $NEEDED_GB needed" "TMPDIR=/a/larger/disk make test-fresh"

if [[ ${1:-} == --sudo ]]; then
    shift
    export NEWCOMER=newcomer
fi
(($#)) || set -- demo test
status=0
unshare --mount --pid --ipc --fork --kill-child "$SELF" --inside "$WORK" "$@" || status=$?
exit "$status"
