#!/bin/bash
# Makes the cluster where there is none, with POSTGRES_USER, POSTGRES_PASSWORD (or _FILE) and POSTGRES_DB, and runs the SQL
# files of /docker-entrypoint-initdb.d, as the official image does.
set -euo pipefail
[ ! -s "$PGDATA/PG_VERSION" ] || exit 0
password=${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:?}")}
user=${POSTGRES_USER:-postgres}
initdb -U "$user" --pwfile=<(printf '%s\n' "$password") --auth-local=trust --auth-host=scram-sha-256 >/dev/null
echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
pg_ctl -w -o '-c listen_addresses=' start >/dev/null
[ "${POSTGRES_DB:-$user}" = postgres ] ||
    psql -qU "$user" -d postgres -v ON_ERROR_STOP=1 -c "CREATE DATABASE \"${POSTGRES_DB:-$user}\""
for file in /docker-entrypoint-initdb.d/*.sql; do
    [ ! -e "$file" ] || psql -qU "$user" -d "${POSTGRES_DB:-$user}" -v ON_ERROR_STOP=1 -f "$file"
done
pg_ctl -w -m fast stop >/dev/null
