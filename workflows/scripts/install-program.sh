#!/usr/bin/env bash
# Installs this project from its own files, and puts its programs on the path of the following steps.
#
# PROJECT  folder of the project
# EXTRAS   of it, separated by blanks; may be empty
#
# Libraries are those of the project's lock. uv installs if it is there, else pip. A second step of the same job
# that wants no more is done at once.
set -euo pipefail

pattern='^[a-z ]*$'
if ! [[ $EXTRAS =~ $pattern ]]; then
  echo "::error::the input \`extras\` has to be names separated by blanks, not $(printf %q "$EXTRAS")"
  exit 2
fi
read -r -a names <<<"$EXTRAS" || true
wanted=$(IFS=,; echo "${names[*]-}")
home=$RUNNER_TEMP/lsstinstall-program
source=$(cd "$PROJECT" && pwd)

# The file says what is there: the folder, then a line with each extra.
wants() {
  [ "$(head -n 1 "$home/installed" 2>/dev/null)" = "$source" ] || return 0
  local name
  for name in ${names[@]+"${names[@]}"}; do
    grep -qxF "$name" <(tail -n +2 "$home/installed") || return 0
  done
  return 1
}

if wants; then
  sed -E '/^ +(--hash|#)/d; s/ \\$//' "$source/requirements.lock" >"$RUNNER_TEMP/lsstinstall-constraints.txt"
  requirement="lsstinstall${wanted:+[$wanted]} @ file://$source"
  if command -v uv >/dev/null; then
    [ -d "$home" ] || uv venv --quiet --python '>=3.11,<3.14' "$home"
    installer=(uv pip install --quiet --python "$home/bin/python")
  else
    if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "::error::$(python3 --version) is too old; put a Python from 3.11 on, or uv, on the path first"
      exit 2
    fi
    [ -d "$home" ] || python3 -m venv "$home"
    installer=("$home/bin/python" -m pip install --quiet --disable-pip-version-check)
  fi
  "${installer[@]}" --constraint "$RUNNER_TEMP/lsstinstall-constraints.txt" "$requirement"
  # Only the programs: another Python on the path is not asked for.
  mkdir -p "$home/programs"
  for program in lsstinstall rubin-releng lsstsw; do
    ln -sf "../bin/$program" "$home/programs/$program"
  done
  printf '%s\n' "$source" ${names[@]+"${names[@]}"} >"$home/installed"
fi

version=$("$home/bin/lsstinstall" --version)
echo "$home/programs" >>"$GITHUB_PATH"
echo "version=${version##* }" >>"$GITHUB_OUTPUT"
echo "$version${wanted:+ with $wanted}"
