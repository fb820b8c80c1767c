#!/bin/bash
# Makes the cluster on the first start, with POSTGRES_USER, POSTGRES_PASSWORD (or _FILE) and POSTGRES_DB, and runs the files
# of /docker-entrypoint-initdb.d, as the official image does; then runs the server.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password=${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:?}")}
    user=${POSTGRES_USER:-postgres}
    initdb -U "$user" --pwfile=<(printf '%s\n' "$password") --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o '-c listen_addresses=' start >/dev/null
    psql -qU "$user" -d postgres -v ON_ERROR_STOP=1 -c "CREATE DATABASE \"${POSTGRES_DB:-$user}\""
    for file in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -e "$file" ] || psql -qU "$user" -d "${POSTGRES_DB:-$user}" -v ON_ERROR_STOP=1 -f "$file"
    done
    pg_ctl -w -m fast stop >/dev/null
fi
exec "$@" -c listen_addresses='*'
