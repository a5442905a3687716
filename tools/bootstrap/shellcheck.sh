#!/bin/sh
# Check every shell script of the checkout, where shellcheck is installed.
set -eu

if ! command -v shellcheck >/dev/null 2>&1; then
    echo "note: shellcheck is not installed; scripts are not checked here, CI does it"
    exit 0
fi
git ls-files -z --cached --others --exclude-standard -- '*.sh' .ci/run | xargs -0 -r shellcheck
