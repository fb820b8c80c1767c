# Shared by the scripts beside it (sourced, not run): the authority and the servers' certificates in the folder $secrets.
# shellcheck shell=bash

: "${secrets:?}"
readonly authority_days=3650 certificate_days=365
# Nothing that this machine's openssl.cnf would add.
readonly plain=$'[req]\ndistinguished_name = name\n[name]\n'

# Where the authority is that signs.
signer=$secrets

# All that is new is made in $secrets/.new first: if something fails, everything is as it was.
take() {
    local name
    for name in ca.key ca.pem kafka.pem postgres.key postgres.pem; do
        [ ! -e "$secrets/.new/$name" ] || mv "$secrets/.new/$name" "$secrets/$name"
    done
}

# certificate NAME OPTION...: a key and its certificate, NAME.key and NAME.pem.
certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -config <(echo "$plain") \
        -keyout "$secrets/.new/$1.key" -out "$secrets/.new/$1.pem" "${@:2}" 2>"$secrets/.new/log" || {
        cat "$secrets/.new/log" >&2
        echo "${0##*/}: openssl failed (above); it must be version 3" >&2
        exit 69
    }
}

# The authority's key signs certificates and nothing else; no container sees it.
make_authority() {
    certificate ca -subj '/CN=iotpipe authority' -days "$authority_days" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    chmod 444 "$secrets/.new/ca.pem"
    signer=$secrets/.new
}

# server NAME USAGE: of the server that containers reach as NAME, and programs of this machine at 127.0.0.1.
server() {
    certificate "$1" -subj "/CN=$1" -days "$certificate_days" -CA "$signer/ca.pem" -CAkey "$signer/ca.key" \
        -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
        -addext "extendedKeyUsage=$2" -addext "subjectAltName=DNS:$1,DNS:localhost,IP:127.0.0.1"
}

# Kafka wants key and certificate in one file, PostgreSQL in two. Kafka's broker is a client, too: of its controller.
make_certificates() {
    server kafka serverAuth,clientAuth
    cat "$secrets/.new/kafka.key" >>"$secrets/.new/kafka.pem"
    server postgres serverAuth
    # Containers read them as users of their own, through mounts of single files: what keeps others of this machine out is
    # the folder, which only its owner may enter.
    chmod 444 "$secrets"/.new/{kafka.pem,postgres.key,postgres.pem}
}
