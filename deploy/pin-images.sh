#!/bin/sh
# Pulls the images that this release was made with and writes their digests into .env: what runs tomorrow is what was
# looked at today. Run it again to update, look at what changed, and start the services anew. It needs a registry.
set -eu
cd "${1:-$(dirname "$0")/..}"
[ -f .env ] || { echo "There is no .env: cp .env.example .env" >&2; exit 1; }

pin() {
    docker pull --quiet "$2" >/dev/null
    digest="$(docker image inspect --format '{{index .RepoDigests 0}}' "$2")"
    case "$digest" in
    *@sha256:*) ;;
    *) echo "$2 has no digest: it was not pulled from a registry." >&2; exit 1 ;;
    esac
    grep -v "^$1=" .env >.env.next || true
    echo "$1=${2%%@*}@${digest##*@}" >>.env.next
    cat .env.next >.env
    rm -f .env.next
    echo "$1=${2%%@*}@${digest##*@}"
}
pin PYTHON_IMAGE python:3.13-slim-trixie
pin POSTGRES_IMAGE postgres:18-trixie
pin REDIS_IMAGE redis:8-trixie
pin DEBIAN_IMAGE debian:trixie-slim
