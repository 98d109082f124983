#!/bin/sh
# Asks for known weaknesses of the pinned requirements, with pip-audit in an environment of its own. Ends with 1 where one
# is known, and with 3 where nobody could be asked: silence is no good news.
set -eu
cd "$(dirname "$0")/../.."
. taperplan/local/find_python.sh

tool=var/audit-tool
mkdir -p var
if ! { [ -x "$tool/bin/pip-audit" ] || {
    "$python" -m venv "$tool" && "$tool/bin/pip" install --quiet --disable-pip-version-check "pip-audit==2.10.1"
}; }; then
    echo "NOT AUDITED: pip-audit could not be installed. Nothing is known about the pinned packages." >&2
    exit 3
fi
status=0
"$tool/bin/pip-audit" --requirement requirements/base.txt --require-hashes --disable-pip --strict \
    --progress-spinner off --desc off >var/audit.txt 2>var/audit.log || status=$?
cat var/audit.txt
[ "$status" = 0 ] && exit 0
# It ends with 1 for a weakness found as well as for a service that does not answer: only a table is an answer.
if grep -q "^Name" var/audit.txt; then
    exit 1
fi
echo "NOT AUDITED: not every package could be looked up; var/audit.log says why." >&2
exit 3
