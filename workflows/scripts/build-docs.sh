#!/usr/bin/env bash
# Builds documentation with documenteer or Sphinx; the next step judges its log.
#
# ENVIRONMENT  folder of the environment that has the builder
# BUILDER      `documenteer`, `sphinx`, or `auto`: documenteer where it is installed
# SOURCE       folder of `conf.py`
# NITPICK      `true` to complain about references without a target
# LOG          file for what the builder writes
set -euo pipefail

if [ ! -f "$SOURCE/conf.py" ]; then
  echo "::error title=Documentation::there is no \`conf.py\` in \`$SOURCE\`"
  exit 1
fi
program=$BUILDER
if [ "$program" = auto ]; then
  program=sphinx
  if [ -x "$ENVIRONMENT/bin/package-docs" ]; then
    program=documenteer
  fi
fi
PATH=$(cd "$ENVIRONMENT/bin" && pwd):$PATH
options=()
if [ "$NITPICK" = true ]; then
  options+=(-n)
fi

cd "$SOURCE"
case $program in
  documenteer) command=(package-docs build ${options[@]+"${options[@]}"}) ;;
  sphinx) command=(sphinx-build -b html --keep-going ${options[@]+"${options[@]}"} . _build/html) ;;
  *)
    echo "::error title=Documentation::\`builder\` is \`$program\`; expected \`auto\`, \`documenteer\` or \`sphinx\`"
    exit 1
    ;;
esac
echo "building with ${command[*]}"
status=0
"${command[@]}" 2>&1 | tee "$LOG" || status=$?
{
  echo "builder=$program"
  echo "code=$status"
} >>"$GITHUB_OUTPUT"
