# Sourced by `run`: the units that Ansible writes for Docker. Each role is started as its ExecStart says, in the engine's
# own network, and images go through them.
# shellcheck shell=bash

# unit ROLE PORT LINE: what the unit of a role has in a line, such as ExecStart, for a port and with this test's folders.
unit() {
    awk -v key="$3=" 'index($0, key) == 1 { found = 1 } found { more = sub(/\\$/, ""); printf "%s", $0; if (!more) exit }' \
        "${work:?}"/units/team21-vm[14]/"iotpipe-$1@.service" | sed "s/^$3=//; s/%i/$2/g; s|/etc/iotpipe|$work/etc|"
}

start_unit() {
    bash -c "exec $(unit "$1" "$2" ExecStart)" >"$work/$1.log" 2>&1 &
    started+=($!)
    units+=("iotpipe-$1-$2")
    wait_until 60 "the container of $1" docker inspect "iotpipe-$1-$2"
    timeout 60 bash -c "$(unit "$1" "$2" ExecStartPost)" || fail "$1 is not well: $(tail -3 "$work/$1.log")"
}

test_units() {
    local started=() pid
    # Other rows and roles than its own would be in its count.
    start_over
    up kafka postgres
    compose run --rm --no-deps -T init </dev/null >/dev/null 2>&1 || fail "init ended with $?"
    ansible/test/write-units "$work/units" docker --extra-vars iotpipe_http_address=127.0.0.1
    mkdir -p "$work/etc"
    install -d -o 980 -g 980 "$work/state"
    echo "bootstrap.servers=127.0.0.1:${KAFKA_PORT:?}" >"$work/etc/client.properties"
    printf '%s\n' '[iotpipe]' host=127.0.0.1 "port=${POSTGRES_PORT:?}" dbname=iotpipe user=iotpipe password=iotpipe \
        >"$work/etc/pg_service.conf"
    start_unit infer 9465
    start_unit persist 9464
    sed "s|/etc/iotpipe|$work/etc|; s|/var/lib/iotpipe|$work/state|g" "$work/units/team21-vm1/iotpipe" >"$work/iotpipe"
    sh "$work/iotpipe" produce --rate 20 --count 40 --journal journal >"$work/produce.log" 2>&1 ||
        fail "produce ended with $?: $(tail -3 "$work/produce.log")"
    [ "$(wc -l <"$work/state/journal")" = 40 ] || fail "not 40 images were acknowledged"
    wait_until 30 "40 images and results in the database" all_of_them 40
    bash -c "$(unit infer 9465 ExecStop) && $(unit persist 9464 ExecStop)" >/dev/null
    for pid in "${started[@]}"; do wait "$pid" || fail "a unit ended with $?"; done
    units=()
    say "the units for Docker: 40 images through infer and persist, both ended with 0"
}

all_of_them() { [ "$(images)" = "$1" ] && [ "$(sql -c 'SELECT count(DISTINCT image_id) FROM inferences')" = "$1" ]; }
