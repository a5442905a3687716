#!/usr/bin/env bash
# Refuses inputs that name no stack.
#
# WHERE  `installed`, or `image`, which has no image then
# TAG    of the products
set -euo pipefail

case $WHERE in
  installed) ;;
  image)
    echo "::error::\`where\` is \`image\`, and the input \`image\` names none"
    exit 2
    ;;
  *)
    echo "::error::\`where\` is $(printf %q "$WHERE"); expected \`image\` or \`installed\`"
    exit 2
    ;;
esac
if [ -z "$TAG" ]; then
  echo "::error::the input \`tag\` names no tag, as \`w_2026_42\`"
  exit 2
fi
