#!/usr/bin/env bash
# Installs the project into a conda environment, without its dependencies: those are conda's business.
#
# ACTIVATE  script that activates the environment
# PYTHON    its interpreter
# PROJECT   `editable` or `normal`
set -euo pipefail

set +u
# shellcheck source=/dev/null
source "$ACTIVATE"
set -u

arguments=(--python "$PYTHON" --no-deps)
case $PROJECT in
  editable) arguments+=(--editable .) ;;
  normal) arguments+=(.) ;;
  *)
    echo "::error title=Installation::\`project\` is \`$PROJECT\`; expected \`editable\`, \`normal\` or \`none\`"
    exit 1
    ;;
esac
if ! uv pip install "${arguments[@]}"; then
  echo "::error title=Installation::could not install the project"
  exit 1
fi
