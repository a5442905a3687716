#!/bin/sh
# Run lsstinstall on a machine that does not have it, with the same arguments:
#
#   curl -fsSL https://example.org/bootstrap.sh | sh -s -- -T w_2026_42 lsst_distrib
#
# A Python is found (or uv or conda get one), and a private environment is made
# for the installer, which later runs use again. Nothing else is touched.
#
#   LSSTINSTALL_SPEC    what to install: a requirement, a URL, a folder or a wheel
#                       [default: the checkout this file lies in, else this release]
#   LSSTINSTALL_PYTHON  the Python to use
#   LSSTINSTALL_HOME    where the environment goes
#                       [default: ${XDG_DATA_HOME:-~/.local/share}/lsstinstall]
set -eu
if [ -n "${ZSH_VERSION-}" ]; then
    emulate sh
fi

release=0.1.0
self=$0
needed_kb=300000
# What a Python must be; tested with -I so that the caller's PYTHONPATH and folder have no say.
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
gets='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 8))'
range='>=3.11,<3.14'

say() {
    printf 'lsstinstall: %s\n' "$1" >&2
}

# die CODE MESSAGE [HINT]...
die() {
    code=$1
    printf 'error: %s\n' "$2" >&2
    shift 2
    for hint in "$@"; do
        printf '  hint: %s\n' "$hint" >&2
    done
    clean_up
    exit "$code"
}

locked=
unfinished=
clean_up() {
    if [ -n "$unfinished" ]; then
        rm -rf "$unfinished"
    fi
    if [ -n "$locked" ]; then
        rm -rf "$locked"
    fi
    unfinished=
    locked=
}

interrupted() {
    trap '' HUP INT TERM
    echo 'error: interrupted' >&2
    clean_up
    exit "$1"
}

# Sets `spec`, and `source` where it is a file or folder that may change.
choose_spec() {
    source=
    spec=${LSSTINSTALL_SPEC-}
    if [ -n "$spec" ]; then
        if [ -e "$spec" ]; then
            source=$(CDPATH='' cd -- "$(dirname -- "$spec")" && pwd)/$(basename -- "$spec")
            spec=$source
        fi
        return
    fi
    # Through a pipe `$0` is the shell.
    case $self in
    bootstrap.sh | */bootstrap.sh)
        above=$(CDPATH='' cd -- "$(dirname -- "$self")/.." && pwd)
        if [ -f "$above/pyproject.toml" ] && [ -f "$above/lsstinstall/bootstrap.sh" ]; then
            source=$above
            spec=$above
            return
        fi
        ;;
    esac
    spec="lsstinstall==$release"
}

# Sets `home` and `env`.
choose_place() {
    home=${LSSTINSTALL_HOME-}
    if [ -z "$home" ]; then
        if [ -z "${XDG_DATA_HOME-}${HOME-}" ]; then
            die 2 'neither HOME nor LSSTINSTALL_HOME is set' 'say where to work: LSSTINSTALL_HOME=/some/folder'
        fi
        home=${XDG_DATA_HOME:-$HOME/.local/share}/lsstinstall
    fi
    if ! reason=$(mkdir -p -- "$home" 2>&1); then
        die 6 "cannot make the folder $home: ${reason##*: }" 'say where to work: LSSTINSTALL_HOME=/some/folder'
    fi
    home=$(CDPATH='' cd -- "$home" && pwd)
    if [ "$spec" = "lsstinstall==$release" ]; then
        env=$home/$release
    else
        env=$home/other-$(printf %s "$spec" | cksum | cut -d ' ' -f 1)
    fi
}

is_ready() {
    [ -f "$env/.ready" ] && [ -x "$env/bin/python" ] || return 1
    [ -n "$source" ] || return 0
    [ -e "$source" ] || return 0
    if [ -d "$source" ]; then
        newer=$(find "$source/pyproject.toml" "$source/lsstinstall" "$source/tools" \
            -name __pycache__ -prune -o -type f -newer "$env/.ready" -print 2>/dev/null || :)
    else
        newer=$(find "$source" -newer "$env/.ready")
    fi
    [ -z "$newer" ]
}

# One bootstrap at a time makes an environment; the others wait and take what it made.
take_lock() {
    told=
    rounds=0
    host=$(uname -n)
    until mkdir "$env.lock" 2>/dev/null; do
        if ! [ -d "$env.lock" ]; then
            die 6 "cannot write to $home" 'say where to work: LSSTINSTALL_HOME=/some/folder'
        fi
        owner=$(cat "$env.lock/owner" 2>/dev/null || :)
        rounds=$((rounds + 1))
        if [ "${owner%% *}" = "$host" ] && ! kill -0 "${owner##* }" 2>/dev/null; then
            rm -rf "$env.lock"
            continue
        elif [ -z "$owner" ] && [ "$rounds" -gt 10 ]; then
            # Killed between its first two steps.
            rm -rf "$env.lock"
            continue
        fi
        if [ -z "$told" ] && [ -n "$owner" ]; then
            told=1
            say "waiting for process ${owner##* } on ${owner%% *}, which makes the same environment"
        fi
        sleep 1
    done
    locked=$env.lock
    printf '%s %s\n' "$host" "$$" >"$env.lock/owner"
}

check_space() {
    free_kb=$(df -Pk "$home" 2>/dev/null | awk 'END { print $4 }')
    case $free_kb in
    '' | *[!0-9]*) return ;;
    esac
    if [ "$free_kb" -lt "$needed_kb" ]; then
        die 4 "$home has $((free_kb / 1000)) MB of free space, and $((needed_kb / 1000)) MB are needed" \
            'free some, or say where there is more: LSSTINSTALL_HOME=/some/folder'
    fi
}

# On macOS without its developer tools, this one is a stub that opens a window.
is_stub() {
    [ "$1" = /usr/bin/python3 ] && [ "$(uname -s)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1
}

# Sets `python`, and `old` and `bare` to the last ones that do not serve, for another way or to explain.
find_python() {
    python=
    old=
    bare=
    seen=
    for name in python3 python3.13 python3.12 python3.11 python; do
        found=$(command -v "$name" 2>/dev/null) || continue
        if is_stub "$found"; then
            continue
        elif "$found" -I -c "$fits" 2>/dev/null; then
            if "$found" -I -c "$gets" 2>/dev/null; then
                python=$found
                return
            fi
            bare=$found
        else
            one=$("$found" --version 2>&1) || continue
            seen="$found is ${one##*
}"
            if "$found" -I -c "$gets" 2>/dev/null; then
                old=$found
            fi
        fi
    done
}

find_conda() {
    for name in "${CONDA_EXE-}" "${MAMBA_EXE-}" conda mamba micromamba; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

install_with_uv() {
    "$1" venv --quiet --no-project --python "$range" "$env" 2>&1 &&
        "$1" pip install --quiet --compile-bytecode --reinstall-package lsstinstall \
            --python "$env/bin/python" -- "$spec" 2>&1
}

# run_pip PYTHON WHAT
run_pip() {
    "$1" -m pip install --quiet --disable-pip-version-check --no-input "$2" 2>&1
}

install_with_python() {
    "$1" -I -m venv "$env" 2>&1 && run_pip "$env/bin/python" "$spec"
}

# A Python that is too old for us still installs uv, which gets a new one.
install_with_old_python() {
    lent=$env.uv
    rm -rf "$lent"
    "$1" -I -m venv "$lent" 2>&1 &&
        run_pip "$lent/bin/python" uv &&
        install_with_uv "$lent/bin/uv"
    status=$?
    rm -rf "$lent"
    return "$status"
}

install_with_conda() {
    "$1" create --yes --quiet --prefix "$env" "python$range" pip 2>&1 && run_pip "$env/bin/python" "$spec"
}

# attempt WAY PROGRAM: whether it worked; what it said is kept in `output`.
attempt() {
    unfinished=$env
    rm -rf "$env"
    say "making an environment for the installer in $env, with $2"
    # The caller's settings for environments of his own are not for this one; those for indexes are.
    output=$(
        unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_ROOT VIRTUAL_ENV
        PIP_USER=0
        export PIP_USER
        "$1" "$2" </dev/null
    ) || return 1
    "$env/bin/python" -I -c 'import lsstinstall' 2>/dev/null || return 1
    : >"$env/.ready"
    unfinished=
}

make_environment() {
    output=
    if [ -n "${LSSTINSTALL_PYTHON-}" ]; then
        if ! "$LSSTINSTALL_PYTHON" -I -c "$fits" 2>/dev/null; then
            die 2 "LSSTINSTALL_PYTHON=$LSSTINSTALL_PYTHON is no Python 3.11, 3.12 or 3.13"
        fi
        attempt install_with_python "$LSSTINSTALL_PYTHON" || explain
        return
    fi
    if uv=$(command -v uv 2>/dev/null) && "$uv" --version >/dev/null 2>&1; then
        ! attempt install_with_uv "$uv" || return 0
    fi
    find_python
    if [ -n "$python" ]; then
        attempt install_with_python "$python" || explain
        return
    fi
    if [ -n "$old" ]; then
        ! attempt install_with_old_python "$old" || return 0
    fi
    if conda=$(find_conda); then
        ! attempt install_with_conda "$conda" || return 0
    fi
    if [ -n "$output" ]; then
        explain
    elif [ -n "$bare" ]; then
        die 2 "$bare cannot make virtual environments" \
            'on Debian and Ubuntu install the package python3-venv, or install uv, and run the same command again'
    fi
    die 2 "no Python 3.11, 3.12 or 3.13 is on the PATH${seen:+ ($seen)}" \
        'install one, or uv, which gets one by itself, and run the same command again' \
        'or name one: LSSTINSTALL_PYTHON=/path/to/python3.12'
}

# Tell why the last attempt failed, in our words and in its own.
explain() {
    printf '%s\n' "$output" | tail -n 8 | sed 's/^/  | /' >&2
    case $output in
    *'No space left'* | *'quota exceeded'*)
        die 4 "there is no space left in $home" 'free some, or say where there is more: LSSTINSTALL_HOME=/some/folder'
        ;;
    *'Permission denied'* | *'Read-only file system'*)
        die 6 "cannot write to $home" 'say where to work: LSSTINSTALL_HOME=/some/folder'
        ;;
    *ensurepip* | *'No module named venv'* | *'No module named pip'*)
        die 2 "${LSSTINSTALL_PYTHON:-$python} cannot make virtual environments" \
            'on Debian and Ubuntu install the package python3-venv, or install uv, and run the same command again'
        ;;
    *CERTIFICATE_VERIFY* | *'invalid peer certificate'*)
        die 4 'the certificate of the package index is not trusted' \
            'with a certificate of your own: SSL_CERT_FILE=/path/to/ca.pem PIP_CERT=/path/to/ca.pem'
        ;;
    *'onnect'* | *'name resolution'* | *'dns error'* | *'timed out'* | *'unreachable'* | *'error sending'* | *Proxy*)
        die 4 'the package index cannot be reached' \
            'behind a proxy set HTTPS_PROXY; without a network give a folder of wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER'
        ;;
    *'o matching distribution'* | *'No solution found'* | *'is not a valid'* | *'Invalid requirement'*)
        die 3 "there is no \`$spec\` to install" 'say what to install: LSSTINSTALL_SPEC=/path/to/checkout'
        ;;
    esac
    die 4 "\`$spec\` could not be installed into $env" 'the lines above say why'
}

main() {
    case $(uname -s) in
    Linux | Darwin) ;;
    *) die 2 "lsstinstall runs on Linux and macOS, and this is $(uname -s)" 'on Windows use the Linux subsystem, WSL' ;;
    esac
    choose_spec
    choose_place
    if ! is_ready; then
        trap 'interrupted 129' HUP
        trap 'interrupted 130' INT
        trap 'interrupted 143' TERM
        take_lock
        if ! is_ready; then
            check_space
            make_environment
        fi
        trap - HUP INT TERM
        clean_up
    fi
    exec "$env/bin/python" -I -m lsstinstall "$@"
}

# The last line: of a script that arrived only in part nothing runs.
main "$@"
