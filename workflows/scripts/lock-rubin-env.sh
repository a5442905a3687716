#!/usr/bin/env bash
# Says exactly which packages an environment gets: solves, or takes a lock that is there.
#
# VERSION   of rubin-env, or an EUPS tag that was built with it; empty for the newest
# EXTRAS    more packages, as conda's specs, one a line
# CHANNELS  one a line, the first has priority
# EUPS_URL  distribution server, which knows tags
# LOCK      explicit list to take instead; the others are empty then
#
# Outputs: lock, digest
set -euo pipefail

lines() { grep -v '^[[:space:]]*$' <<<"$1" | sed -E 's/^[[:space:]]+//; s/[[:space:]]+$//' || true; }

lock=$RUNNER_TEMP/rubin-env.env
if [ -n "$LOCK" ]; then
  if [ -n "$VERSION" ] || [ -n "$(lines "$EXTRAS")" ]; then
    echo "::error::the input \`lock\` says all packages; leave \`version\` and \`extras\` out"
    exit 2
  fi
  cp -- "$LOCK" "$lock"
else
  specs=()
  while IFS= read -r line; do specs+=("$line"); done < <(lines "$EXTRAS")
  places=()
  while IFS= read -r line; do places+=(--channel "$line"); done < <(lines "$CHANNELS")
  if [[ $VERSION =~ ^[a-z]_ || $VERSION =~ ^v[0-9]+_ ]]; then
    asked=(--tag "$VERSION" --eups-url "$EUPS_URL" --override-channels)
    asked+=(${places[@]+"${places[@]}"})
    lsstinstall install -P --no-conda "${asked[@]}" --dry-run --json --quiet >"$RUNNER_TEMP/rubin-env.json" ||
      {
        status=$?
        cat "$RUNNER_TEMP/rubin-env.json"
        exit "$status"
      }
    VERSION=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["environment"]["version"])' \
      <"$RUNNER_TEMP/rubin-env.json")
  fi
  rubin-releng env lock ${places[@]+"${places[@]}"} --output "$lock" -- \
    "rubin-env${VERSION:+=$VERSION}" ${specs[@]+"${specs[@]}"}
fi

digest=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())' <"$lock")
{
  echo "lock=$lock"
  echo "digest=$digest"
} >>"$GITHUB_OUTPUT"
