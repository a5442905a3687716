#!/usr/bin/env bash
# Refuses inputs that would fail after the build only.
#
# IMAGE       server and repository
# TAGS        names that stay, apart by blanks
# MOVING      names that move, apart by blanks
# SMOKE_TEST  script, may be empty
# BUILDER     `native` or `containerfile`
#
# Outputs: key, which tells the artifacts of this call from those of others in the same run
set -euo pipefail

wrong() {
  echo "::error title=Inputs::$1"
  exit 2
}

case $BUILDER in
  native | containerfile) ;;
  *) wrong "\`builder\` is $(printf %q "$BUILDER"); expected \`native\` or \`containerfile\`" ;;
esac
pattern='^[A-Za-z0-9.:-]+(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$'
if ! [[ $IMAGE =~ $pattern ]]; then
  wrong "\`image\` is $(printf %q "$IMAGE"); expected a server and a repository in small letters, as \`ghcr.io/lsst/scipipe\`"
fi
read -r -d '' -a names <<<"$TAGS $MOVING" || true
if [ "${#names[@]}" -eq 0 ]; then
  wrong "neither \`tags\` nor \`moving-tags\` names a tag"
fi
pattern='^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$'
for name in "${names[@]}"; do
  [[ $name =~ $pattern ]] || wrong "$(printf %q "$name") is no tag"
done
if [ -n "${MOVING//[[:space:]]/}" ] && [ -z "$SMOKE_TEST" ]; then
  wrong "\`moving-tags\` would move to an image that nobody has tried; name a \`smoke-test\`"
fi
key=$(printf '%s\n' "$IMAGE" "${names[@]}" | sha256sum)
echo "key=${key:0:12}" >>"$GITHUB_OUTPUT"
