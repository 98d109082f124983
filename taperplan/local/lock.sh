#!/bin/sh
# Pins the requirements with hashes, for every Python from 3.11 on. The pinning tool gets an environment of its own.
set -eu
cd "$(dirname "$0")/../.."
. taperplan/local/find_python.sh

tool=var/lock-tool
mkdir -p var
[ -x "$tool/bin/uv" ] || {
    "$python" -m venv "$tool"
    "$tool/bin/pip" install --quiet --disable-pip-version-check uv
}
pin() {
    file="requirements/$1.txt"
    shift
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --output-file "$file" "$@" pyproject.toml
}
pin base
pin local --extra local
pin dev --extra local --extra dev
