#!/bin/bash
# Makes the cluster on the first start, then runs the server, which has the password in its environment, as with the
# official image.
set -euo pipefail
export POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:?}")}
docker-ensure-initdb.sh "$@"
exec "$@"
