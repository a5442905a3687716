#!/usr/bin/env bash
# Installs the project into the environment that is active, which has all that it needs.
#
# PROJECT  `editable`, `normal` or `none`
set -euo pipefail

options=(--no-deps --no-build-isolation --disable-pip-version-check)
case $PROJECT in
  editable) options+=(--editable) ;;
  normal) ;;
  none) exit 0 ;;
  *)
    echo "::error title=Installation::\`project\` is $(printf %q "$PROJECT"); expected \`editable\`, \`normal\` or \`none\`"
    exit 2
    ;;
esac
if ! python -m pip install "${options[@]}" .; then
  echo "::error title=Installation::could not install the project"
  exit 1
fi
