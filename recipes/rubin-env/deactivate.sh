# shellcheck shell=sh
# Restore what activate.sh found.
if [ -n "${RUBIN_ENV_SAVED_EUPS_PATH+set}" ]; then
    export EUPS_PATH="${RUBIN_ENV_SAVED_EUPS_PATH}"
else
    unset EUPS_PATH
fi
unset RUBIN_ENV_SAVED_EUPS_PATH
