# Sourced by `run`: secure.yml. What goes over the network cannot be read, what has no right is refused, no secret is
# anywhere but in its file, certificates are renewed while images flow.
# shellcheck shell=bash

export SECRETS=${work:?}/secrets

# Beside the containers: in the lab's name space, or on the engine's machine.
beside() { if [ -n "$has_registry" ]; then "$@"; else in_lab "$@"; fi; }

# What crosses the networks of the containers in a few seconds, as readable text in the file $1.
capture() {
    beside timeout 8 tcpdump -qi any -s 0 -w "$1.pcap" tcp 2>/dev/null || true
    strings -n 3 "$1.pcap" >"$1"
    rm "$1.pcap"
}

# Words of the three protocols, and the passwords.
readable() { grep -cFf <(printf 'IHDR\niot.images\nCOPY \nimage.captured\n' && passwords) "$1" || true; }

passwords() { sed 's/^[^=]*=//' "$SECRETS"/{scram,postgres-password,iotpipe-password}; }

# refused WHAT PATTERN COMMAND...: it fails, in time, and says why.
refused() {
    local what=$1 pattern=$2 status=0
    shift 2
    "$@" >"$work/refused" 2>&1 || status=$?
    case $status in 0 | 124) fail "$what was not refused ($status): $(tail -3 "$work/refused")" ;; esac
    grep -qE "$pattern" "$work/refused" || fail "$what: the message is another: $(tail -3 "$work/refused")"
    say "$what: refused with $status: $(grep -E "$pattern" "$work/refused" | head -1 | cut -c 1-200)"
}

# role SERVICE USER ARGUMENTS...: another container of a service, with the rights of a user.
role() {
    timeout 60 docker compose run --rm --no-deps -T -v "$SECRETS/$2.properties:/user.properties:ro" \
        -e IOTPIPE_KAFKA_CONFIG=/user.properties -e IOTPIPE_LATENCIES= -e IOTPIPE_CONNECT_TIMEOUT=10s \
        "$1" "${@:3}" </dev/null
}

# query PASSWORD PARAMETERS: from PostgreSQL's container, but through the network.
query() {
    timeout 60 docker compose exec -T -e PGPASSWORD="$1" postgres \
        psql -qAtX "host=postgres dbname=iotpipe user=$2" -c 'SELECT 1' </dev/null
}

refusals() {
    local database
    database=$(cat "$SECRETS/iotpipe-password")
    # With the right ones it works.
    role producer producer produce --count 1 >"$work/refused" 2>&1 || fail "produce ended with $?: $(tail -3 "$work/refused")"
    query "$database" 'iotpipe sslmode=require' >/dev/null || fail "no query with the right password"
    refused 'a wrong password' 'Authentication failed|authentication' role producer producer produce --count 1 -X sasl.password=wrong
    refused 'another authority' 'certificate verify failed|verif' \
        role producer producer produce --count 1 -X ssl.ca.location=/etc/ssl/certs/ca-certificates.crt
    refused 'plaintext for Kafka' 'no Kafka broker answered .*Disconnected' role producer producer produce --count 1 -X security.protocol=plaintext
    refused 'images by persister' 'uthoriz' role producer persister produce --count 1 --drain-timeout 5s
    refused 'reading images by producer' 'uthoriz' role inference producer infer
    refused 'storing by inference' 'uthoriz' role persister inference persist
    refused 'plaintext for PostgreSQL' 'no encryption' query "$database" 'iotpipe sslmode=disable'
    refused 'a wrong password for PostgreSQL' 'password authentication failed' query wrong 'iotpipe sslmode=require'
    refused 'another authority for PostgreSQL' 'certificate verify failed' \
        query "$database" 'iotpipe sslmode=verify-full sslrootcert=/etc/ssl/certs/ca-certificates.crt'
    refused 'the superuser of PostgreSQL' 'no pg_hba.conf entry' \
        query "$(cat "$SECRETS/postgres-password")" 'postgres sslmode=require'
}

# No password in logs, in what the engine tells of containers, in arguments or in environments.
check_secrets() {
    {
        compose logs --no-color
        compose ps -aq | xargs docker inspect
        cat "$work/arguments"
        compose ps -q | xargs docker inspect -f '{{.State.Pid}}' | while read -r pid; do cat "/proc/$pid/environ"; done
    } 2>/dev/null | tr '\0' '\n' >"$work/seen"
    grep -q '@/tmp/format.arguments' "$work/arguments" || fail "the making of Kafka's users was not seen"
    if grep -qFf <(passwords) "$work/seen"; then
        fail "a password is in $(grep -nFf <(passwords) "$work/seen" | cut -c 1-60 | head -3)"
    fi
    say "no password in $(wc -l <"$work/seen") lines of logs, inspect, arguments and environments"
}

# What Kafka and PostgreSQL show to who trusts the authority in a file: a serial number each.
serials() {
    local options
    for options in "$KAFKA_PORT" "$POSTGRES_PORT -starttls postgres"; do
        # shellcheck disable=SC2086  # one word an option
        beside openssl s_client -CAfile "$1" -verify_return_error -connect 127.0.0.1:$options </dev/null 2>/dev/null |
            openssl x509 -noout -serial
    done
}
# Both are trusted, and neither is one of those before.
renewed() {
    serials "$SECRETS/ca.pem" >"$work/serials"
    [ "$(sort -u "$work/serials" <(echo "$1") | wc -l)" = 4 ]
}

test_secure() {
    local authority before readable start
    compose/secure/make-secrets "$SECRETS" >/dev/null
    say 'what is to be seen without TLS'
    COMPOSE_FILE=${COMPOSE_FILE%:*} up
    flowing
    capture "$work/traffic"
    readable=$(readable "$work/traffic")
    [ "$readable" -gt 100 ] || fail "the capture shows nothing"
    COMPOSE_FILE=${COMPOSE_FILE%:*} start_over

    say 'secure.yml'
    while :; do
        ps axww -o args
        sleep 0.2
    done >"$work/arguments" 2>/dev/null &
    watcher=$!
    start=$SECONDS
    up
    say "up in $((SECONDS - start)) s"
    flowing
    kill "$watcher"
    watcher=
    capture "$work/traffic"
    [ "$(wc -c <"$work/traffic")" -gt 100000 ] || fail "hardly anything was captured"
    [ "$(readable "$work/traffic")" = 0 ] || fail "not everything on the network is encrypted"
    say "nothing readable among $(wc -l <"$work/traffic") pieces of text on the network; without TLS $readable pieces"
    refusals
    for authority in '' --authority; do
        before=$(serials "$SECRETS/ca.pem")
        cp "$SECRETS/ca.pem" "$work/old.pem"
        # shellcheck disable=SC2086  # none, where it is empty
        compose/secure/rotate-certificates $authority "$SECRETS" >/dev/null 2>&1 || fail "rotate-certificates $authority"
        wait_until 60 "new certificates" renewed "$before"
        flowing
    done
    [ -z "$(serials "$work/old.pem" 2>/dev/null)" ] || fail "the old authority is good for the new certificates"
    check_secrets
    check_counts "secure.yml, certificates renewed twice"
}
