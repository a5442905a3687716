#!/usr/bin/env bash
# Writes a script that sets the stack of an image up, and this checkout on top; its path becomes ACTIVATE.
#
# LOAD      script of the image that loads the environment
# PRODUCTS  to set up, apart by blanks
set -euo pipefail

if [ ! -f "$LOAD" ]; then
  echo "::error::the image has no $(printf %q "$LOAD"); the input \`load\` names the script that loads the stack"
  exit 2
fi
# In a container the checkout is of the machine's user, and git reads nothing of another one's. `actions/checkout`
# says so to itself only.
if command -v git >/dev/null; then
  git config --global --add safe.directory "$PWD"
fi
read -r -d '' -a names <<<"$PRODUCTS" || true
script=$RUNNER_TEMP/set-up.sh
{
  echo 'set +u'
  printf 'source %q\n' "$LOAD"
  for name in ${names[@]+"${names[@]}"}; do
    printf 'setup %q\n' "$name"
  done
  printf 'setup -k -r %q\n' "$PWD"
  echo 'set -u'
} >"$script"
cat "$script"
echo "ACTIVATE=$script" >>"$GITHUB_ENV"
