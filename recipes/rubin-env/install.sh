#!/usr/bin/env bash
# Put the activation scripts into the package. They are named after it so that
# they run after those of eups: conda runs them in alphabetical order.
set -euo pipefail

for what in activate deactivate; do
    mkdir -p "${PREFIX}/etc/conda/${what}.d"
    cp "${RECIPE_DIR}/${what}.sh" "${PREFIX}/etc/conda/${what}.d/${PKG_NAME}.sh"
done
