#!/bin/sh
# Makes ./secrets: random keys and passwords, Redis' users, and an empty file for each secret of a service that is not
# used. What is there already stays as it is. Put the certificate of the site there yourself (tls_certificate with its
# chain, tls_key), and what your providers gave you.
#
# The folder is for its owner alone; the files in it can be read by the users of the containers they are mounted into.
set -eu
here="$(CDPATH="" cd -- "$(dirname "$0")" && pwd)"
cd "${1:-$here/..}"
umask 022
mkdir -p -m 700 secrets
chmod 700 secrets

random() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 64; }
make() { [ -s "secrets/$1" ] || { random >"secrets/$1"; echo "made secrets/$1"; }; }
empty() { [ -e "secrets/$1" ] || : >"secrets/$1"; }
hash() { sha256sum <"secrets/$1" | cut -d ' ' -f 1; }

for name in secret_key link_key database_superuser database_owner database_app database_worker redis_web redis_worker redis_beat monitor_secret; do make "$name"; done
for name in database_reports database_backup secret_key_fallbacks partner_keys email_host_password bounce_mailbox_password ping_url \
    mail_webhook_secret mail_webhook_signing_key text_authorization text_signing_key text_events_secret \
    sso documents_s3_key documents_s3_secret tls_certificate tls_key; do
    empty "$name"
done
sed -e "s/@WEB@/$(hash redis_web)/" -e "s/@WORKER@/$(hash redis_worker)/" -e "s/@BEAT@/$(hash redis_beat)/" \
    "$here/redis/users.acl.in" >secrets/redis_users
[ -s secrets/tls_certificate ] || echo "Put the certificate into secrets/tls_certificate and its key into secrets/tls_key."
