#!/bin/sh
# Makes the roles of the database, or sets their passwords anew. The postgres image runs it once, in a new volume; for a
# database that is older than the roles, or after a password was changed:
#   docker compose exec postgres sh /docker-entrypoint-initdb.d/roles.sh
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /taperplan/roles.sql
# From the file that POSTGRES_…_PASSWORD_FILE names, else from POSTGRES_…_PASSWORD.
password() {
    file="$(printenv "${name}_FILE" || true)"
    if [ -n "$file" ]; then cat "$file"; else printenv "$name" || true; fi
}
for role in owner app worker reports backup; do
    name=$(printf 'POSTGRES_%s_PASSWORD' "$role" | tr '[:lower:]' '[:upper:]')
    # Without a password nobody signs in as this role.
    psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
        --set role="taperplan_$role" --set password="$(password)" <<'SQL'
SELECT format('ALTER ROLE %I PASSWORD %L', :'role', nullif(:'password', '')) \gexec
SQL
done
