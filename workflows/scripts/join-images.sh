#!/usr/bin/env bash
# Joins the images of all architectures where they are; the index has no name yet.
#
# IMAGE    server and repository
# DIGESTS  folder with a file for each architecture
set -euo pipefail

images=()
for file in "$DIGESTS"/*.txt; do
  digest=$(cat "$file")
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] ||
    {
      echo "::error title=Join::$(basename "$file") holds no digest"
      exit 1
    }
  images+=("$IMAGE@$digest")
done
answer=$RUNNER_TEMP/joined.json
rubin-releng image join --yes --json -- "${images[@]}" >"$answer" ||
  {
    status=$?
    cat "$answer"
    exit "$status"
  }
digest=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["digest"])' <"$answer")
echo "$IMAGE@$digest joins ${#images[@]} images"
echo "digest=$digest" >>"$GITHUB_OUTPUT"
