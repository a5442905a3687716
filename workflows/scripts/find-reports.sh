#!/usr/bin/env bash
# Finds reports of coverage and of tests, for an upload.
#
# REPORTS  folder to look into
set -euo pipefail

list() {
  # Both services and summaries want a stable order.
  find "$REPORTS" -type f -name "$1" | LC_ALL=C sort | paste -s -d , -
}

mkdir -p "$REPORTS"
coverage=$(list '*coverage*.xml')
tests=$(list '*junit*.xml')
if [ -z "$coverage$tests" ]; then
  echo "::error title=Coverage::the artifacts hold no \`coverage.xml\` and no \`junit.xml\`; is \`coverage\` set for pytest?"
  exit 1
fi
empty=$(find "$REPORTS" -type f -name '*.xml' -size -16c)
if [ -n "$empty" ]; then
  echo "::error title=Coverage::an empty report: $empty"
  exit 1
fi
{
  echo "coverage=$coverage"
  echo "tests=$tests"
} >>"$GITHUB_OUTPUT"
{
  echo "### Reports for upload"
  echo
  tr ',' '\n' <<<"$coverage,$tests" | sed -e '/^$/d' -e "s|^$REPORTS/|- |"
} >>"$GITHUB_STEP_SUMMARY"
