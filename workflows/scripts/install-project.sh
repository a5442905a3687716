#!/usr/bin/env bash
# Makes an environment and installs requirements, further packages and the project itself.
#
# INSTALLER      `uv` or `pip`
# ENVIRONMENT    folder of the new environment
# REQUIREMENTS   files of requirements, apart by blanks; `requirements.txt` may be missing
# PACKAGES       further requirements, apart by blanks
# PROJECT        `editable`, `normal`, or `none` to leave the project out
# EXTRAS         of the project, apart by commas
# DEPENDENCIES   `true` to install what the project's metadata asks for, too
set -euo pipefail

fail() {
  echo "::error title=Installation::$1"
  exit 1
}

case $INSTALLER in
  uv)
    uv venv --quiet --python "$(command -v python)" "$ENVIRONMENT"
    pip=(uv pip)
    options=(--python "$ENVIRONMENT/bin/python")
    ;;
  pip)
    python -m venv "$ENVIRONMENT"
    pip=("$ENVIRONMENT/bin/python" -m pip)
    options=()
    ;;
  *) fail "\`installer\` is \`$INSTALLER\`; expected \`uv\` or \`pip\`" ;;
esac

first=()
read -r -d '' -a files <<<"$REQUIREMENTS" || true
for file in ${files[@]+"${files[@]}"}; do
  if [ -f "$file" ]; then
    first+=(--requirement "$file")
  elif [ "$file" != requirements.txt ]; then
    fail "there is no file of requirements \`$file\`"
  fi
done
read -r -d '' -a wanted <<<"$PACKAGES" || true
for package in ${wanted[@]+"${wanted[@]}"}; do
  case $package in
    -*) fail "\`$package\` is an option; expected requirements without blanks" ;;
    *) first+=("$package") ;;
  esac
done
if [ "${#first[@]}" -gt 0 ]; then
  "${pip[@]}" install ${options[@]+"${options[@]}"} "${first[@]}" || fail "could not install the requirements"
fi

arguments=(install ${options[@]+"${options[@]}"})
if [ "$DEPENDENCIES" != true ]; then
  arguments+=(--no-deps)
fi
case $PROJECT in
  editable) arguments+=(--editable) ;;
  normal | none) ;;
  *) fail "\`project\` is \`$PROJECT\`; expected \`editable\`, \`normal\` or \`none\`" ;;
esac
if [ "$PROJECT" != none ]; then
  "${pip[@]}" "${arguments[@]}" ".${EXTRAS:+[${EXTRAS// /}]}" || fail "could not install the project"
fi

echo "::group::Installed packages"
"${pip[@]}" list ${options[@]+"${options[@]}"}
echo "::endgroup::"
echo "python=$ENVIRONMENT/bin/python" >>"$GITHUB_OUTPUT"
