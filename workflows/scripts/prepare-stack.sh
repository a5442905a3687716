#!/usr/bin/env bash
# Gets the sources of products, on a ticket branch where there is one, and writes the manifest of their build.
#
# PRODUCTS    apart by blanks
# REFS        branches and tags, apart by blanks, the first that exists is taken
# REPOS       repos.yaml
# EXCLUSIONS  map of optional dependencies to leave out, may be empty
# VERSIONDB   clone of versiondb; made if it is missing
# BUILD_DIR   gets clones, manifest.txt and prepared.json
set -euo pipefail

read -r -d '' -a names <<<"$PRODUCTS" || true
if [ "${#names[@]}" -eq 0 ]; then
  echo "::error title=Inputs::the input \`products\` names no product"
  exit 2
fi
options=("--repos=$REPOS" "--build-dir=$BUILD_DIR" "--versiondb=$VERSIONDB")
[ -z "$EXCLUSIONS" ] || options+=("--exclusions=$EXCLUSIONS")
read -r -d '' -a wanted <<<"$REFS" || true
for ref in ${wanted[@]+"${wanted[@]}"}; do
  options+=("--ref=$ref")
done
answer=$RUNNER_TEMP/prepared.json
rubin-releng stack prepare "${options[@]}" --json -- "${names[@]}" >"$answer" ||
  {
    status=$?
    cat "$answer"
    exit "$status"
  }
cp "$answer" "$BUILD_DIR/prepared.json"
cat "$BUILD_DIR/manifest.txt"
