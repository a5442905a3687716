#!/usr/bin/env bash
# Runs pytest and keeps its results: JUnit's XML, and coverage where asked for.
#
# PYTHON            interpreter that has pytest
# ACTIVATE          script to source first, empty for none
# ARGUMENTS         of pytest, apart by blanks, quoted as in a shell
# COVERAGE          packages and folders to measure, apart by blanks; empty for none
# VARIABLES         environment of the tests: NAME=VALUE, one a line
# RESULTS           folder for the results
set -euo pipefail

if [ -n "${ACTIVATE:-}" ]; then
  set +u
  # shellcheck source=/dev/null
  source "$ACTIVATE"
  set -u
fi

while IFS= read -r line; do
  line=${line%$'\r'}
  if [ -z "${line//[[:space:]]/}" ]; then
    continue
  fi
  if ! [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*= ]]; then
    echo "::error title=pytest::\`variables\` has \`$line\`; expected NAME=VALUE"
    exit 1
  fi
  export "${line?}"
done <<<"$VARIABLES"

if ! words=$(xargs printf '%s\n' <<<"$ARGUMENTS"); then
  echo "::error title=pytest::\`arguments\` has a quote without its end: $ARGUMENTS"
  exit 1
fi
options=()
while IFS= read -r word; do
  if [ -n "$word" ]; then
    options+=("$word")
  fi
done <<<"$words"

mkdir -p "$RESULTS"
options+=("--junitxml=$RESULTS/junit.xml" -o junit_family=legacy)
read -r -d '' -a measured <<<"$COVERAGE" || true
for one in ${measured[@]+"${measured[@]}"}; do
  options+=("--cov=$one")
done
if [ -n "${measured[*]-}" ]; then
  options+=(--cov-branch --cov-report=term "--cov-report=xml:$RESULTS/coverage.xml")
fi

status=0
"$PYTHON" -m pytest "${options[@]}" || status=$?
case $status in
  0) ;;
  1) echo "::error title=pytest::tests failed" ;;
  5) echo "::error title=pytest::no test was found" ;;
  *) echo "::error title=pytest::pytest stopped with exit code $status" ;;
esac
exit "$status"
