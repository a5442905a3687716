#!/usr/bin/env bash
# Installs those system packages (apt) that are not there yet.
#
# SYSTEM_PACKAGES  names, apart by blanks or line ends; may be empty
set -euo pipefail

read -r -d '' -a names <<<"$SYSTEM_PACKAGES" || true
wanted=()
for name in ${names[@]+"${names[@]}"}; do
  if ! [[ $name =~ ^[a-z0-9][a-z0-9.+-]*(:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]+)?$ ]]; then
    echo "::error title=System packages::\`$name\` is no name of a system package"
    exit 1
  fi
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "${name%%=*}" 2>/dev/null || true)
  if [ "$status" != installed ] || [[ $name == *=* ]]; then
    wanted+=("$name")
  fi
done
if [ "${#wanted[@]}" -eq 0 ]; then
  echo "nothing to install: ${names[*]:-no packages asked for}"
  exit 0
fi

as_root=()
if [ "$(id --user)" -ne 0 ]; then
  as_root=(sudo)
fi
${as_root[@]+"${as_root[@]}"} apt-get update --quiet
if ! DEBIAN_FRONTEND=noninteractive ${as_root[@]+"${as_root[@]}"} apt-get install \
  --quiet --yes --no-install-recommends "${wanted[@]}"; then
  echo "::error title=System packages::could not install ${wanted[*]}"
  exit 1
fi
