#!/usr/bin/env bash
# Gives a tested image its names: first those that stay, at last those that move.
#
# IMAGE   server, repository and digest
# TAGS    names that stay, apart by blanks
# MOVING  names that move, apart by blanks
set -euo pipefail

read -r -d '' -a fixed <<<"$TAGS" || true
read -r -d '' -a moved <<<"$MOVING" || true
options=()
for name in ${moved[@]+"${moved[@]}"}; do
  options+=("--moving=$name")
done
if [ "${#fixed[@]}" -gt 0 ]; then
  rubin-releng image tag "$IMAGE" "${fixed[@]}" --yes
fi
if [ "${#options[@]}" -gt 0 ]; then
  rubin-releng image tag "$IMAGE" "${options[@]}" --tested --yes
fi
{
  echo "### Image"
  echo
  echo "\`$IMAGE\`"
  echo
  echo "- tags: ${fixed[*]-none}"
  echo "- tags that moved here: ${moved[*]-none}"
} >>"$GITHUB_STEP_SUMMARY"
