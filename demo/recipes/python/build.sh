#!/bin/bash
# Put the interpreter into the prefix; rattler-build then records where the prefix occurs.
set -eu

mkdir -p "${PREFIX}"
cp -a bin include lib* "${PREFIX}/"
grep -rlI --null '@PREFIX@' "${PREFIX}/bin" "${PREFIX}"/lib*/python* | xargs -0 -r sed -i "s|@PREFIX@|${PREFIX}|g"
