# Shared by the scripts beside it (sourced, not run): the authority and the servers' certificates in the folder $secrets.
# shellcheck shell=bash

: "${secrets:?}"
readonly authority_days=3650 certificate_days=365
# Nothing that this machine's openssl.cnf would add.
readonly plain=$'[req]\ndistinguished_name = name\n[name]\n'

# Everything is made under another name first, so that whoever reads a file has the old one or the new one.
# Makes the new one the one in force: take FILE.
take() { mv "$secrets/.new/$1" "$secrets/$1"; }

# The authority's key signs certificates and nothing else; no container sees it.
make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -config <(echo "$plain") \
        -subj '/CN=iotpipe authority' -days "$authority_days" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$secrets/.new/ca.key" -out "$secrets/.new/ca.pem" 2>/dev/null
    take ca.key
    take ca.pem
}

# NAME.key and NAME.crt of the server that containers reach as NAME, and programs of this machine at 127.0.0.1.
make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -config <(echo "$plain") \
        -subj "/CN=$1" -days "$certificate_days" -CA "$secrets/ca.pem" -CAkey "$secrets/ca.key" \
        -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
        -addext extendedKeyUsage=serverAuth,clientAuth -addext "subjectAltName=DNS:$1,DNS:localhost,IP:127.0.0.1" \
        -keyout "$secrets/.new/$1.key" -out "$secrets/.new/$1.crt" 2>/dev/null
}

# Kafka wants key and certificate in one file, PostgreSQL in two.
make_certificates() {
    make_certificate kafka
    cat "$secrets/.new/kafka.key" "$secrets/.new/kafka.crt" >"$secrets/.new/kafka.pem"
    make_certificate postgres
    # Containers read them as users of their own, through mounts of single files: what keeps others of this machine out is
    # the folder, which only its owner may enter.
    chmod 444 "$secrets"/.new/{kafka.pem,postgres.key,postgres.crt}
    for name in kafka.pem postgres.key postgres.crt; do take "$name"; done
}
