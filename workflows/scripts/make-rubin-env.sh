#!/usr/bin/env bash
# Makes the environment of a lock; one that came out of a cache is compared with it.
#
# LOCK      explicit list
# ROOT      folder of environments
# EUPS_URL  distribution server whose binaries fit
#
# Outputs: prefix, version, packages
set -euo pipefail

answer=$RUNNER_TEMP/rubin-env.json
rubin-releng env create --root "$ROOT" --json -- "$LOCK" >"$answer" ||
  {
    status=$?
    cat "$answer"
    exit "$status"
  }
read_key() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$answer" "$1"; }
prefix=$(read_key prefix)
version=$(read_key version)
packages=$(read_key packages)

{
  echo "prefix=$prefix"
  echo "version=$version"
  echo "packages=$packages"
} >>"$GITHUB_OUTPUT"
# What `lsstinstall add` takes where nothing else was said.
mark=end-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf 'EUPS_PKGROOT<<%s\n%s\n%s\n' "$mark" "$EUPS_URL/$(read_key binary_root)|$EUPS_URL/src" "$mark" >>"$GITHUB_ENV"
{
  echo "### rubin-env $version"
  echo
  echo "$packages packages in \`$prefix\` ($(read_key action))."
  echo
} >>"$GITHUB_STEP_SUMMARY"
