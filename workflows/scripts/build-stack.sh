#!/usr/bin/env bash
# Builds the products of a manifest inside the environment that is active.
#
# BUILD_DIR   clones and the manifest
# STACK       folder to install into
# JOBS        products at once
# KEEP_GOING  `true` to build after a failure what does not need it
# CACHE       build cache, may be empty
set -euo pipefail

if ! [[ $JOBS =~ ^[1-9][0-9]*$ ]]; then
  echo "::error title=Inputs::\`jobs\` is $(printf %q "$JOBS"); expected a whole number"
  exit 2
fi
options=("--build-dir=$BUILD_DIR" "--stack=$STACK" "--jobs=$JOBS")
[ "$KEEP_GOING" != true ] || options+=(--keep-going)
[ -z "$CACHE" ] || options+=("--cache=$CACHE")
rubin-releng stack build "${options[@]}"
