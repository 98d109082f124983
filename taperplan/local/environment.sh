#!/bin/sh
# Makes .venv from the pinned requirements: environment.sh local|dev
# Made again when the requirements or the Python change. Says nothing when all is as it should be. Compiles the
# translations, which are not kept in git.
set -eu
wanted="$1"
cd "$(dirname "$0")/../.."

. taperplan/local/find_python.sh

# dev.txt holds all that local.txt does, so an environment made for tests serves the demo too.
digest() {
    "$python" -c 'import hashlib, sys
print(sys.version_info[:2], hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "requirements/$1.txt"
}
stamp=.venv/made-from
if [ -x .venv/bin/python ] && [ -f "$stamp" ]; then
    have="$(cat "$stamp")"
    if [ "$have" = "dev $(digest dev)" ] || [ "$have" = "$wanted $(digest "$wanted")" ]; then
        exec .venv/bin/python -m plans.management.catalogue
    fi
fi

echo "Making .venv ($wanted), once…"
rm -rf .venv
if ! "$python" -m venv .venv >/dev/null 2>&1; then
    rm -rf .venv
    echo "$python cannot make environments. On Debian: apt-get install python3-venv" >&2
    exit 1
fi
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
    --only-binary :all: -r "requirements/$wanted.txt" >.venv/install.log 2>&1; then
    echo "Installing requirements/$wanted.txt failed; .venv/install.log says why." >&2
    exit 1
fi
echo "$wanted $(digest "$wanted")" >"$stamp"
exec .venv/bin/python -m plans.management.catalogue
