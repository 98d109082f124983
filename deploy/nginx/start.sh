#!/bin/sh
# Fills in nginx.conf.in and starts nginx with it; everything it writes is in RUN_DIR.
#   SITE_URL         the address people type, as the application has it
#   ALLOWED_HOSTS    more host names, with commas
#   CERTIFICATE, CERTIFICATE_KEY   files in PEM; the certificate with its chain
#   FRONT            host and port of the front process
#   HTTPS, HTTP      where to listen                          8443, 8080
#   RESOLVER         where names are looked up                Docker's own
#   WORKERS          processes                                auto
#   ACME_DIR         whence /.well-known/acme-challenge/ is served
#   RUN_DIR          a folder in memory                       /run/nginx
# With the argument "check" it only says whether nginx takes the configuration.
set -eu

wrong() {
    echo "$1" >&2
    exit 2
}

host="${SITE_URL:?set SITE_URL}"
case "$host" in https://*) ;; *) wrong "SITE_URL: is not https. The proxy serves nothing else." ;; esac
host="${host#https://}"
host="${host%%/*}"
host="${host%%:*}"
HOSTS="$host $(echo "${ALLOWED_HOSTS:-}" | tr ',' ' ')"
: "${CERTIFICATE:?set CERTIFICATE}" "${CERTIFICATE_KEY:?set CERTIFICATE_KEY}" "${FRONT:?set FRONT}"
: "${HTTPS:=8443}" "${HTTP:=8080}" "${RESOLVER:=127.0.0.11}" "${WORKERS:=auto}" "${RUN_DIR:=/run/nginx}"
: "${ACME_DIR:=$RUN_DIR}"
[ -r "$CERTIFICATE" ] || wrong "CERTIFICATE: $CERTIFICATE cannot be read."
[ -r "$CERTIFICATE_KEY" ] || wrong "CERTIFICATE_KEY: $CERTIFICATE_KEY cannot be read."

umask 077
mkdir -p "$RUN_DIR"
cp "$(dirname "$0")/nginx.conf.in" "$RUN_DIR/nginx.conf"
for name in HOSTS CERTIFICATE CERTIFICATE_KEY FRONT HTTPS HTTP RESOLVER WORKERS RUN_DIR ACME_DIR; do
    eval "value=\$$name"
    # Nothing that would end a directive and begin another.
    case "$value" in *[!A-Za-z0-9.:/_\ \[\]*-]*) wrong "$name: holds a character that no address has." ;; esac
    sed "s|@$name@|$value|g" "$RUN_DIR/nginx.conf" >"$RUN_DIR/next"
    mv "$RUN_DIR/next" "$RUN_DIR/nginx.conf"
done

# The first lines of a start go to the log that nginx was built with, which this user may not write.
if [ "${1:-}" = check ]; then
    exec nginx -t -q -e stderr -c "$RUN_DIR/nginx.conf"
fi
exec nginx -e stderr -c "$RUN_DIR/nginx.conf"
