# Shared by the programs beside it (sourced, not run): a temporary folder that goes at the end, medians, a broker.
# shellcheck shell=bash
# shellcheck source=scripts/common.sh
. scripts/common.sh

# What the programs beside it use.
# shellcheck disable=SC2034
iotpipe=$PWD/.build/release/iotpipe
kafka_home=${KAFKA_HOME:-$PWD/../shared/kafka}
work=$(mktemp -d)
[ -x "$iotpipe" ] || fail "$iotpipe is missing: run \`make build\`"

cleanup() {
    local pids
    pids=$(jobs -p)
    # shellcheck disable=SC2086  # one word a process
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The median of numbers, one a line.
median() {
    sort -g | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# The machine, on one line.
machine() {
    echo "$(date -u +%Y-%m-%d), $(. /etc/os-release && echo "$PRETTY_NAME"), $(awk -F ': ' '/model name/ { print $2; exit }' /proc/cpuinfo)," \
        "$(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg)"
}

# Whether the processor has one of these instruction sets.
has() { grep -m1 '^flags' /proc/cpuinfo | grep -qwE "$1"; }

# Those of the processor's instruction sets that matter here, a blank before each.
flags() {
    local flag
    for flag in avx2 avx_vnni avx512f avx512_vnni avx512_bf16 avx512_fp16 amx_bf16 amx_int8; do
        ! has "$flag" || printf ' %s' "$flag"
    done
}

# Seconds of a process's user and system time.
processor_time() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"; }

has_kafka() { [ -x "$kafka_home/bin/kafka-server-start.sh" ] && command -v java >/dev/null; }

# Starts a broker; `broker` is its address.
start_kafka() {
    local port controller
    read -r port controller < <(python3 -c '
import socket
a, b = socket.socket(), socket.socket()
for s in (a, b): s.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
    cat >"$work/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$work/kafka
num.partitions=4
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
EOF
    export LOG_DIR=$work KAFKA_HEAP_OPTS="-Xms512M -Xmx512M"
    "$kafka_home/bin/kafka-storage.sh" format -t "$("$kafka_home/bin/kafka-storage.sh" random-uuid)" \
        -c "$work/server.properties" >/dev/null
    "$kafka_home/bin/kafka-server-start.sh" "$work/server.properties" >"$work/kafka.log" 2>&1 &
    broker=127.0.0.1:$port
    "$iotpipe" broker-check -b "$broker" --create-topics --wait 60s >/dev/null || fail "Kafka did not start"
}

# Starts PostgreSQL with its own defaults (as a user that is not root); libpq's variables point at it.
start_postgres() {
    local programs as=()
    programs=$(dirname "$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1)")
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chmod 755 "$work"
    mkdir "$work/postgres"
    [ "$(id -u)" != 0 ] || chown postgres: "$work/postgres"
    "${as[@]}" "$programs/initdb" -D "$work/postgres/data" -U bench --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
    "${as[@]}" "$programs/postgres" -D "$work/postgres/data" -k "$work/postgres" -c listen_addresses= "$@" \
        >"$work/postgres.log" 2>&1 &
    export PGHOST=$work/postgres PGUSER=bench PGDATABASE=postgres PGOPTIONS='-c client_min_messages=warning'
    for ((i = 0; i < 300; i++)); do ! pg_isready -q || break; sleep 0.1; done
    sql 'SELECT 1' >/dev/null || fail "PostgreSQL did not start: $(tail -3 "$work/postgres.log")"
}

sql() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }

# The peers from PyPI, in an environment of their own under .deps; with $1 = torch PyTorch too. `python` runs in it.
peers_environment() {
    local wanted requirements=(-r bench/requirements.txt)
    environment=.deps/bench-venv${1:+-$1}
    [ "${1:-}" != torch ] ||
        requirements+=(-r bench/requirements-torch.txt "$(grep -oE '^torch==[^ ]+' shim/libtorch/requirements.txt)")
    wanted=$(cat bench/requirements*.txt && echo "${requirements[*]}")
    [ "$(cat "$environment/complete" 2>/dev/null)" != "$wanted" ] || return 0
    need_disk . $((${1:+8000} + 1000)) "the peers"
    python3 -m venv --clear "$environment" >"$work/venv.log" 2>&1 ||
        fail "no environment for Python (python3-venv may be missing): $(tail -1 "$work/venv.log")"
    "$environment/bin/pip" --disable-pip-version-check --no-cache-dir install --quiet "${requirements[@]}" \
        >"$work/pip.log" 2>&1 || fail "pip cannot install the peers: $(tail -1 "$work/pip.log")"
    echo "$wanted" >"$environment/complete"
}
python() { "$environment/bin/python3" -B "$@"; }

# unpack_weights FILE TO: a .safetensors file, perhaps .xz.
unpack_weights() {
    case $1 in
        *.safetensors.xz) xz -dkc "$1" >"$2" ;;
        *.safetensors) ln -s "$(realpath "$1")" "$2" ;;
        *) fail "$1 is no .safetensors file" ;;
    esac
}

# json FILE PATH: a value of a JSON file; the path is Python's, such as ["images"].
json() { python3 -c "import json; print(json.load(open('$1'))$2)"; }

# quiet COMMAND...: a command whose last words count only where it fails.
quiet() { "$@" 2>"$work/stderr" || fail "$* failed: $(tail -1 "$work/stderr")"; }
