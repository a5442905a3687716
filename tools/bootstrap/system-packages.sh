#!/bin/sh
# Install the programs that are no Python packages.
#
#   system-packages.sh demo    what `make demo` needs: a C++ compiler, git
#   system-packages.sh test    also what the integration tests run
#
# With root and apt-get it installs what is missing. Elsewhere it names what
# is missing; only the programs of the demo are indispensable, since a test
# without its program is skipped and says so.
set -eu

what=${1:?usage: system-packages.sh demo|test}
PATH=$PATH:/usr/sbin:/sbin

# program:Debian package
needed='git:git c++:g++ make:make'
wanted=''
case $what in
demo) ;;
test) wanted='nginx:nginx-light shellcheck:shellcheck dash:dash zsh:zsh tcsh:tcsh fish:fish skopeo:skopeo umoci:umoci buildah:buildah podman:podman busybox:busybox-static git-lfs:git-lfs chromium:chromium docker-registry:docker-registry mmdebstrap:mmdebstrap runc:runc umount:mount unshare:util-linux htpasswd:apache2-utils' ;;
*)
    echo "error: unknown set of programs \`$what\`, expected demo or test" >&2
    exit 2
    ;;
esac

missing() {
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s ' "${pair#*:}"
    done
}

# A build of a C extension needs the headers of the Python it is built for.
python_headers() {
    "${LSSTINSTALL_PYTHON:-python3}" -c '
import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null ||
        printf 'python3-dev '
}

# shellcheck disable=SC2086  # lists of words
must="$(missing $needed)$(python_headers)"
# shellcheck disable=SC2086
may=$(missing $wanted)
[ -n "$must$may" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    [ -z "$may" ] || echo "note: some tests will be skipped without: $may(Debian package names)" >&2
    [ -n "$must" ] || exit 0
    echo "error: these are missing: $must(Debian package names)" >&2
    echo "  hint: install them with your package manager and run the same command again" >&2
    exit 1
fi

echo "installing $must$may"
# An installed server must not be started as a service: the tests run their own.
policy=/usr/sbin/policy-rc.d
if ! [ -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086
if ! { apt-get update -q && apt-get install -q -y --no-install-recommends $must $may; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "error: apt-get failed, its whole output is in $log" >&2
    [ -z "$must" ] || exit 1
    echo "note: going on; tests that need these programs are skipped" >&2
    exit 0
fi
rm -f "$log"
