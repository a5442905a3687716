#!/usr/bin/env bash
# Put `pin-it` and the activation scripts into the package. The latter are named after it so that
# they run after those of eups: conda runs them in alphabetical order.
set -euo pipefail

mkdir -p "${PREFIX}/bin"
cp "${RECIPE_DIR}/pin-it" "${PREFIX}/bin/pin-it"
chmod 755 "${PREFIX}/bin/pin-it"

for what in activate deactivate; do
    mkdir -p "${PREFIX}/etc/conda/${what}.d"
    cp "${RECIPE_DIR}/${what}.sh" "${PREFIX}/etc/conda/${what}.d/${PKG_NAME}.sh"
done
