#!/usr/bin/env bash
# Runs yamllint: an annotation for each problem, and a summary of the job.
#
# PATHS    what to check, one a line
# STRICT   `true` if warnings are errors
# VERSION  of yamllint
set -euo pipefail

mapfile -t paths < <(grep -v '^[[:space:]]*$' <<<"$PATHS")
if [ "${#paths[@]}" -eq 0 ]; then
  echo "::error::the input \`paths\` names nothing to check"
  exit 2
fi
options=()
if [ "$STRICT" = true ]; then
  options+=(--strict)
fi

report=$(mktemp)
status=0
uvx "yamllint==$VERSION" --format parsable "${options[@]}" -- "${paths[@]}" >"$report" || status=$?

# ./a.yaml:3:1: [error] syntax error: ... (syntax)
pattern='^(.+):([0-9]+):([0-9]+): \[(error|warning)\] (.*)$'
problems=0
while IFS= read -r line; do
  if [[ $line =~ $pattern ]]; then
    problems=$((problems + 1))
    file=${BASH_REMATCH[1]#./}
    message=${BASH_REMATCH[5]//%/%25}
    echo "::${BASH_REMATCH[4]} file=$file,line=${BASH_REMATCH[2]},col=${BASH_REMATCH[3]}::$message"
  fi
  echo "$line"
done <"$report"

echo "problems=$problems" >>"$GITHUB_OUTPUT"
{
  echo "### yamllint $VERSION"
  echo
  if [ "$status" -eq 0 ] && [ "$problems" -eq 0 ]; then
    echo "No problems."
  else
    echo "$problems problems, exit code $status."
    echo
    echo '```text'
    head -n 200 "$report"
    echo '```'
  fi
} >>"$GITHUB_STEP_SUMMARY"
exit "$status"
