# shellcheck shell=sh
# Activate the Rubin environment and find its EUPS stack. Made by lsstinstall; to be sourced by
# sh, dash, ash, bash or zsh. LSST_CONDA_ENV_NAME chooses another environment of the same folder.

__lsst_root='@CONDA_ROOT@'
__lsst_default='@ENVIRONMENT@'
__lsst_stack='@STACK@'
__lsst_python='@PYTHON@'

# Take the folder $1 out of PATH.
__lsst_forget() {
    PATH=":${PATH}:"
    while :; do
        case "${PATH}" in
            *":$1:"*) PATH="${PATH%%":$1:"*}:${PATH#*":$1:"}" ;;
            *) break ;;
        esac
    done
    PATH="${PATH#:}"
    PATH="${PATH%:}"
}

# Source the scripts of the folder $1, in alphabetical order, or the reverse one if $2 is `reverse`.
__lsst_source_all() {
    __lsst_folder=$1
    __lsst_order=$2
    set --
    for __lsst_script in "${__lsst_folder}"/*.sh; do
        if [ ! -f "${__lsst_script}" ]; then
            continue
        elif [ "${__lsst_order}" = reverse ]; then
            set -- "${__lsst_script}" "$@"
        else
            set -- "$@" "${__lsst_script}"
        fi
    done
    for __lsst_script in "$@"; do
        # shellcheck source=/dev/null
        . "${__lsst_script}"
    done
}

# Activate with the conda that lives in our folder.
__lsst_activate_with_conda() {
    # A function already, if somebody set conda up before us: again would stack environments up.
    if [ "$(command -v conda)" != conda ]; then
        __lsst_shell=posix
        if [ -n "${ZSH_VERSION-}" ]; then
            __lsst_shell=zsh
        elif [ -n "${BASH_VERSION-}" ]; then
            __lsst_shell=bash
        fi
        __lsst_hook=$("${__lsst_root}/bin/conda" "shell.${__lsst_shell}" hook) || return 1
        eval "${__lsst_hook}" || return 1
        # What else is installed beside conda and wants to be in every shell.
        for __lsst_script in "${__lsst_root}"/etc/profile.d/*.sh; do
            case "${__lsst_script##*/}" in
                conda.sh | mamba.sh | "*.sh") continue ;;
            esac
            # shellcheck source=/dev/null
            . "${__lsst_script}"
        done
    fi
    conda activate "${__lsst_prefix}"
}

# Do what `conda activate` does, without one.
__lsst_activate_alone() {
    if [ -n "${CONDA_PREFIX-}" ]; then
        __lsst_source_all "${CONDA_PREFIX}/etc/conda/deactivate.d" reverse
        __lsst_forget "${CONDA_PREFIX}/bin"
    fi
    if [ -z "${CONDA_PREFIX-}" ]; then
        export CONDA_SHLVL=1
    elif [ "${CONDA_PREFIX}" != "${__lsst_prefix}" ]; then
        # What a conda that is somewhere else needs to find its way back.
        export "CONDA_PREFIX_${CONDA_SHLVL:-1}=${CONDA_PREFIX}"
        export CONDA_SHLVL=$((${CONDA_SHLVL:-1} + 1))
    fi
    export PATH="${__lsst_prefix}/bin${PATH:+:${PATH}}"
    export CONDA_PREFIX="${__lsst_prefix}"
    export CONDA_DEFAULT_ENV="${LSST_CONDA_ENV_NAME}"
    export CONDA_PROMPT_MODIFIER="(${LSST_CONDA_ENV_NAME}) "
    __lsst_source_all "${CONDA_PREFIX}/etc/conda/activate.d" forward
    hash -r 2>/dev/null || :
}

# Run lsstinstall; Python's variables are those of the stack and not meant for it.
__lsst_installer() {
    if [ -x "${LSST_INSTALLER_PYTHON-}" ]; then
        "${LSST_INSTALLER_PYTHON}" -E -P -m lsstinstall "$@"
    else
        case "$(command -v lsstinstall)" in
            */*) command lsstinstall "$@" ;;
            *)
                echo "lsstinstall is gone from ${LSST_INSTALLER_PYTHON-} and not on PATH: install it again" >&2
                return 127
                ;;
        esac
    fi
}

# `setup` and `unsetup` where there is no EUPS.
__lsst_change() {
    for __lsst_argument in "$@"; do
        case "${__lsst_argument}" in
            -h | --help)
                __lsst_installer "$1" --help
                return
                ;;
        esac
    done
    unset __lsst_argument
    __lsst_commands=$(__lsst_installer "$@" --shell sh) || return
    eval "${__lsst_commands}"
}

__lsst_load() {
    if [ -n "${ZSH_VERSION-}" ]; then
        emulate -L sh
    fi
    case "${CONDA_PREFIX-}" in
        "" | "${__lsst_root}/envs/"*) ;;
        # Another stack's script set the name, not the user.
        */envs/"${LSST_CONDA_ENV_NAME-}") LSST_CONDA_ENV_NAME= ;;
    esac
    export LSST_CONDA_ENV_NAME="${LSST_CONDA_ENV_NAME:-${__lsst_default}}"
    __lsst_prefix="${__lsst_root}/envs/${LSST_CONDA_ENV_NAME}"
    if [ ! -d "${__lsst_prefix}/conda-meta" ]; then
        echo "loadLSST: there is no environment ${__lsst_prefix}: run lsstinstall again" >&2
        return 1
    fi
    if [ -x "${__lsst_root}/bin/conda" ]; then
        __lsst_activate_with_conda || return 1
    else
        __lsst_activate_alone
    fi
    __lsst_stack="${__lsst_stack:-${CONDA_PREFIX}/share/eups}"
    case ":${EUPS_PATH-}:" in
        ::) export EUPS_PATH="${__lsst_stack}" ;;
        *":${__lsst_stack}:"*) ;;
        *) export EUPS_PATH="${__lsst_stack}:${EUPS_PATH}" ;;
    esac
    if [ -f "${__lsst_stack}/pkgroot" ]; then
        IFS= read -r EUPS_PKGROOT <"${__lsst_stack}/pkgroot" || :
        export EUPS_PKGROOT
    fi
    export LSST_INSTALLER_PYTHON="${__lsst_python}"
    if ! command -v lsstinstall >/dev/null 2>&1; then
        lsstinstall() { __lsst_installer "$@"; }
    fi
    if [ ! -e "${CONDA_PREFIX}/bin/eups" ] && [ ! -d "${CONDA_PREFIX}/eups" ]; then
        setup() { __lsst_change setup "$@"; }
        unsetup() { __lsst_change unsetup "$@"; }
    fi
}

# Packages' scripts use unset variables and commands that fail.
case "$-" in
    *e*) __lsst_options="set -e" ;;
    *) __lsst_options=: ;;
esac
case "$-" in
    *u*) __lsst_options="${__lsst_options}; set -u" ;;
esac
set +eu
__lsst_load
__lsst_status=$?
unset __lsst_root __lsst_default __lsst_stack __lsst_python __lsst_prefix __lsst_folder __lsst_order
unset __lsst_script __lsst_shell __lsst_hook
unset -f __lsst_forget __lsst_source_all __lsst_activate_with_conda __lsst_activate_alone __lsst_load
eval "unset __lsst_status __lsst_options; ${__lsst_options}; (exit ${__lsst_status})"
