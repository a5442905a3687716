#!/usr/bin/env bash
# Plans which products of a tag are installed, or installs them.
#
# MODE      `plan` or `add`
# TAG       EUPS tag
# PRODUCTS  separated by blanks or line ends
# PKGROOT   package roots, joined by `|`; empty for what EUPS_PKGROOT says
# STACK     folder to install into
#
# Outputs: stack; of a plan also key, which names these products in these versions
set -euo pipefail

read -r -d '' -a names <<<"$PRODUCTS" || true
if [ "${#names[@]}" -eq 0 ]; then
  echo "::error::the input \`products\` names no product"
  exit 2
fi
if [[ $STACK == *$'\n'* ]]; then
  echo "::error::the input \`stack\` has to be one line"
  exit 2
fi
mkdir -p -- "$STACK"
folder=$(cd -- "$STACK" && pwd)
options=(--tag "$TAG" --stack "$folder")
if [ -n "$PKGROOT" ]; then
  options+=(--pkgroot "$PKGROOT")
fi

if [ "$MODE" = plan ]; then
  plan=$RUNNER_TEMP/stack-plan.json
  lsstinstall add "${options[@]}" --dry-run --json --quiet -- "${names[@]}" >"$plan" ||
    {
      status=$?
      cat "$plan"
      exit "$status"
    }
  key=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())' <"$plan")
  {
    echo "stack=$folder"
    echo "key=$key"
  } >>"$GITHUB_OUTPUT"
else
  lsstinstall add "${options[@]}" -- "${names[@]}"
fi
