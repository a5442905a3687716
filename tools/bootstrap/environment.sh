#!/bin/sh
# Make the virtual environment that `make` works in: Python, uv, the locked
# packages, and this project itself, editable; with --only-uv neither of these,
# for those who are about to write the list of locked packages.
#
#   environment.sh [--only-uv] FOLDER
set -eu

only_uv=
if [ "${1:-}" = --only-uv ]; then
    only_uv=1
    shift
fi
venv=${1:?usage: environment.sh [--only-uv] FOLDER}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    for name in "${LSSTINSTALL_PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 && fits "$name"; then
            command -v "$name"
            return
        fi
    done
    cat >&2 <<'END'
error: no Python 3.11, 3.12 or 3.13 on the PATH
  hint: install one, or name it: LSSTINSTALL_PYTHON=/path/to/python3.12 make ...
END
    exit 1
}

python=$(find_python)
if ! [ -x "$venv/bin/python" ] || ! fits "$venv/bin/python"; then
    echo "making $venv with $("$python" --version)"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        echo "error: $python cannot make a virtual environment" >&2
        echo "  hint: on Debian and Ubuntu install python3-venv" >&2
        exit 1
    fi
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --require-hashes --requirement "$here/uv.lock"
if [ -n "$only_uv" ]; then
    exit 0
fi
echo "installing the locked packages"
VIRTUAL_ENV=$(CDPATH='' cd -- "$venv" && pwd)
export VIRTUAL_ENV
"$venv/bin/uv" pip sync --quiet --require-hashes "$root/requirements.lock"
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable "$root"
# Each set-up in each shell would compile these again where Python may not write.
"$venv/bin/python" -m compileall -q "$root/lsstinstall" "$root/tools/rubin_releng"
