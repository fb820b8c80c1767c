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
