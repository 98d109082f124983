# Sets $python to the first Python 3.11 or newer, or ends with a word of what to do. Read by other scripts.
python=""
for name in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3 python; do
    if command -v "$name" >/dev/null 2>&1 &&
        "$name" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python="$name"
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer was not found. Install it, or name it: make PYTHON=/path/to/python3.12 …" >&2
    exit 1
fi
