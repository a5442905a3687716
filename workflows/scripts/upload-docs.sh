#!/usr/bin/env bash
# Uploads built documentation to LSST the Docs.
#
# PAGES         folder of the pages
# PROJECT       name of the project there
# VERSION       of ltd-conveyor, which does the upload
# LTD_HOST      address of the service
# LTD_USERNAME  secret
# LTD_PASSWORD  secret
# REQUIRED      `true` if missing secrets are an error: a fork has none
set -euo pipefail

fail() {
  echo "::error title=Documentation upload::$1"
  exit 1
}

if [ ! -f "$PAGES/index.html" ]; then
  fail "there is no \`index.html\` in the artifact; has the documentation been built?"
fi
if ! [[ $PROJECT =~ ^[a-z0-9][a-z0-9-]*$ ]]; then
  fail "\`project\` is \`$PROJECT\`; expected lower case letters, digits and hyphens"
fi
uploaded=false
if [ -z "$LTD_USERNAME" ] || [ -z "$LTD_PASSWORD" ]; then
  if [ "$REQUIRED" = true ]; then
    fail "the secrets \`LTD_USERNAME\` and \`LTD_PASSWORD\` are not both set; pass them on by \`secrets:\`"
  fi
  note="not uploaded: this run has no secrets"
  echo "::notice title=Documentation upload::$note"
else
  uvx --from "ltd-conveyor==$VERSION" ltd upload --product "$PROJECT" --gh --dir "$PAGES" ||
    fail "the upload to <$LTD_HOST> failed"
  uploaded=true
  note="uploaded to $PROJECT"
fi
count=$(find "$PAGES" -type f | wc -l | tr -d ' ')
{
  echo "uploaded=$uploaded"
  echo "files=$count"
} >>"$GITHUB_OUTPUT"
{
  echo "### Documentation upload"
  echo
  echo "$count files $note."
} >>"$GITHUB_STEP_SUMMARY"
