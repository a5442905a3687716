# shellcheck shell=sh
# Put this environment's EUPS stack in front of EUPS_PATH, once, and keep what was there.
if [ -n "${EUPS_PATH+set}" ]; then
    export RUBIN_ENV_SAVED_EUPS_PATH="${EUPS_PATH}"
else
    unset RUBIN_ENV_SAVED_EUPS_PATH
fi
# An environment without EUPS and without a stack has no such folder.
if [ -d "${CONDA_PREFIX}/share/eups" ]; then
    case ":${EUPS_PATH-}:" in
        "::") export EUPS_PATH="${CONDA_PREFIX}/share/eups" ;;
        *":${CONDA_PREFIX}/share/eups:"*) ;;
        *) export EUPS_PATH="${CONDA_PREFIX}/share/eups:${EUPS_PATH}" ;;
    esac
fi
