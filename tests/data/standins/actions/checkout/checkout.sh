#!/usr/bin/env bash
# What actions/checkout does, from folders of this machine.
set -euo pipefail

source="$ACT_REPOSITORIES/$REPOSITORY"
target="$WORKSPACE/$FOLDER"
if [ ! -d "$source" ]; then
  echo "::error::there is no repository $REPOSITORY in $ACT_REPOSITORIES"
  exit 1
fi
mkdir -p "$target"
cd "$target"
if [ ! -e "$source/.git" ]; then
  cp -R "$source/." .
  echo "ref=$REF" >>"$GITHUB_OUTPUT"
  exit 0
fi

git init --quiet --initial-branch=act-standin .
git remote add origin "file://$source"
wanted=${REF:-HEAD}
if [ -z "$REF" ] && [ "$REPOSITORY" = "$OWN" ]; then
  wanted=$OWN_SHA
fi
commit=$(git -C "$source" rev-parse "$wanted^{commit}")
options=(--quiet --no-tags)
if [ "$TAGS" = true ] || [ "$DEPTH" = 0 ]; then
  options=(--quiet --tags)
fi
if [ "$DEPTH" = 0 ]; then
  git fetch "${options[@]}" origin '+refs/heads/*:refs/remotes/origin/*' "$commit"
else
  git fetch "${options[@]}" --depth="$DEPTH" origin "$commit"
fi
# As the real one: a push stands on its branch, everything else on no branch.
branch=${OWN_REF#refs/heads/}
if [ -z "$REF" ] && [ "$branch" != "$OWN_REF" ] && [ "$REPOSITORY" = "$OWN" ]; then
  git checkout --quiet -B "$branch" "$commit"
else
  git checkout --quiet --detach "$commit"
fi
git branch --quiet -D act-standin 2>/dev/null || true
git remote set-url origin "https://github.com/$REPOSITORY"
echo "checked out $REPOSITORY at $commit"
{
  echo "ref=${REF:-$OWN_REF}"
  echo "commit=$commit"
} >>"$GITHUB_OUTPUT"
