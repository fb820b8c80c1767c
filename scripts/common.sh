# Shared by the scripts beside it (sourced, not run): messages, disk space, downloads, Debian roots, containers for tests.
# shellcheck shell=bash

readonly tool=${0##*/}

# Runs a command as root.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# What is going on, on one line.
say() { printf '%s: %s\n' "$tool" "$*"; }

# One clear line, then the end.
fail() {
    printf '%s: %s\n' "$tool" "$*" >&2
    exit 1
}

# "about N minutes", for a number of megabytes on a line of 5 MB/s.
minutes() { echo "about $((($1 + 299) / 300)) min at 5 MB/s"; }

# Ends the script where the file system of folder $1 has less than $2 MB free for $3.
need_disk() {
    local free
    free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$2" ] || fail "disk: $3 needs $2 MB free under $1, there are $free MB"
}

# Downloads the address $1 to the file $2; $3 says what it is, and $4, where given, what else one can do.
download() {
    local status=0
    command -v curl >/dev/null || fail "curl is missing: run \`make setup\`"
    curl --fail --location --silent --show-error --retry 2 --connect-timeout 15 \
        --speed-limit 1000 --speed-time 60 --output "$2.part" "$1" 2>"$2.error" || status=$?
    case $status in
        0) mv "$2.part" "$2" && rm -f "$2.error" && return ;;
        23) status="the disk under $(dirname "$2") is full" ;;
        22) status="the server refused it ($(tail -1 "$2.error"))" ;;
        5 | 6 | 7 | 28 | 35) status="no connection ($(tail -1 "$2.error"))" ;;
        *) status=$(tail -1 "$2.error") ;;
    esac
    rm -f "$2.part" "$2.error"
    fail "cannot download $3 from $1: $status${4:+; $4}"
}

# The mirror of Debian's main archive in apt's own configuration.
debian_mirror() {
    # shellcheck disable=SC2016  # expanded by apt
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -1
}

# The version of the program in the tree $1.
program_version() { sed -n 's/.*current = "\(.*\)"$/\1/p' "$1/Sources/iotpipe/Version.swift"; }

# Makes a minimal root of the Debian release $1 in the new folder or .tar file $2; what follows are options of
# mmdebstrap's. $megabytes is how much there is to download, 90 unless it is set.
make_debian_root() {
    local from=${IOTPIPE_DEBIAN_MIRROR:-$(debian_mirror)} megabytes=${megabytes:-90}
    command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: apt-get install mmdebstrap"
    [ -n "$from" ] || fail "apt knows no Debian mirror here (run apt-get update, or set IOTPIPE_DEBIAN_MIRROR)"
    say "making a root of Debian's $1 in $2 (up to $megabytes MB to download, $(minutes "$megabytes"))"
    mmdebstrap --quiet --variant=minbase "${@:3}" "$1" "$2" "$from" ||
        fail "mmdebstrap could not make a root of Debian's $1 from $from"
}

# Installs those of the Debian packages that are missing; no service of theirs starts.
install_packages() {
    local package missing=() policy='' status=0
    for package in "$@"; do
        # shellcheck disable=SC2016  # expanded by dpkg-query
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update || fail "apt-get update failed"
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod +x "$policy"
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends \
        "${missing[@]}" >/dev/null || status=$?
    [ -z "$policy" ] || as_root rm "$policy"
    [ $status = 0 ] || fail "apt-get could not install ${missing[*]}"
}

# Writes containers.conf and storage.conf for podman as root into the folder $1, with what runs in /run/$2, and has podman
# read them.
configure_podman() {
    cat >"$1/containers.conf" <<-CONTAINERS
	[containers]
	default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "runc"
	[network]
	network_backend = "netavark"
	network_config_dir = "$1/networks"
	CONTAINERS
    cat >"$1/storage.conf" <<-STORAGE
	[storage]
	driver = "overlay"
	graphroot = "$1/storage"
	runroot = "/run/$2"
	STORAGE
    mkdir -p "$1/networks"
    export CONTAINERS_CONF=$1/containers.conf CONTAINERS_STORAGE_CONF=$1/storage.conf
}

# wait_until SECONDS WHAT COMMAND...: runs the command until it succeeds.
wait_until() {
    local limit=$1 what=$2 end=$((SECONDS + $1))
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "$what: not within $limit s"
        sleep 0.3
    done
}
