#!/usr/bin/env bash
# Builds a source distribution and, from it, the wheel of a project without compiled code.
#
# COMPILED  `true` to leave the wheels to a later job
# DIST      folder for the distributions, made anew
set -euo pipefail

fail() {
  echo "::error title=Build::$1"
  exit 1
}

if [ ! -f pyproject.toml ]; then
  fail "there is no \`pyproject.toml\` in the repository"
fi
rm -rf "$DIST"
mkdir -p "$DIST"
# The time of the commit makes the same files of the same sources.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
uv build --sdist --out-dir "$DIST" || fail "the source distribution could not be built"
if [ "$COMPILED" != true ]; then
  uv build --wheel --out-dir "$DIST" "$DIST"/*.tar.gz || fail "the wheel could not be built from the source distribution"
  for wheel in "$DIST"/*.whl; do
    if [[ $wheel != *-none-any.whl ]]; then
      fail "\`${wheel##*/}\` is for one platform only; set \`compiled: true\`"
    fi
  done
fi
rm -f "$DIST/.gitignore"
{
  echo "### Built"
  echo
  for path in "$DIST"/*; do
    echo "- \`${path##*/}\`"
  done
} >>"$GITHUB_STEP_SUMMARY"
