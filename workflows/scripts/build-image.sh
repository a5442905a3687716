#!/usr/bin/env bash
# Builds the image of one architecture, checks it, and pushes it without a name.
#
# IMAGE          server and repository
# ARCHITECTURE   `amd64` or `arm64`
# BUILDER        `native` or `containerfile`
# TREES          DIR[:PATH], one a line; the lowest layer first (native)
# RECIPE         `image.toml`, may be empty (native)
# CONTAINERFILE  file, and CONTEXT its folder (containerfile)
# BUILD_ARGS     NAME=VALUE, one a line (containerfile)
# ENGINE         buildah, podman or docker (containerfile)
# LABELS         KEY=VALUE, one a line
# DIGESTS        folder that gets a file with the digest
set -euo pipefail

lines() { grep -v '^[[:space:]]*$' <<<"$1" | sed -E 's/^[[:space:]]+//; s/[[:space:]]+$//' || true; }
add() {
  local option=$1 line
  while IFS= read -r line; do
    [ -z "$line" ] || options+=("$option=$line")
  done < <(lines "$2")
}

layout=$RUNNER_TEMP/image-$ARCHITECTURE
epoch=$(git log -1 --format=%ct)
options=("--output=$layout" --tag=built "--architecture=$ARCHITECTURE" "--epoch=$epoch")
add --label "$LABELS"
if [ "$BUILDER" = native ]; then
  add --tree "$TREES"
  [ -z "$RECIPE" ] || options+=("--recipe=$RECIPE")
else
  options+=("--engine=$ENGINE" "--containerfile=$CONTAINERFILE" "--context=$CONTEXT")
  add --build-arg "$BUILD_ARGS"
fi
rubin-releng image build "${options[@]}"
rubin-releng image check "$layout"

answer=$RUNNER_TEMP/pushed-$ARCHITECTURE.json
rubin-releng image push "$layout@built" "$IMAGE" --by-digest --yes --json >"$answer" ||
  {
    status=$?
    cat "$answer"
    exit "$status"
  }
digest=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["image"].partition("@")[2])' <"$answer")
rubin-releng image attach "$IMAGE@$digest" --provenance --layout "$layout" --yes
mkdir -p "$DIGESTS"
echo "$digest" >"$DIGESTS/$ARCHITECTURE.txt"
echo "digest=$digest" >>"$GITHUB_OUTPUT"
echo "- \`$ARCHITECTURE\`: \`$digest\`" >>"$GITHUB_STEP_SUMMARY"
