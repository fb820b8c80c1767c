# Shared by the scripts beside it (sourced, not run): messages, disk space, downloads, Debian roots.
# shellcheck shell=bash

readonly tool=${0##*/}

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
# mmdebstrap's.
make_debian_root() {
    local from=${IOTPIPE_DEBIAN_MIRROR:-$(debian_mirror)}
    command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: apt-get install mmdebstrap"
    [ -n "$from" ] || fail "apt knows no Debian mirror here (run apt-get update, or set IOTPIPE_DEBIAN_MIRROR)"
    say "making a root of Debian's $1 in $2 (up to 90 MB to download, $(minutes 90))"
    mmdebstrap --quiet --variant=minbase "${@:3}" "$1" "$2" "$from" ||
        fail "mmdebstrap could not make a root of Debian's $1 from $from"
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
