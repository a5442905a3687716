# Activate the Rubin environment and find its EUPS stack. Made by lsstinstall; to be sourced by csh or
# tcsh. LSST_CONDA_ENV_NAME chooses another environment of the same folder.

set __lsst_root = '@CONDA_ROOT@'
set __lsst_default = '@ENVIRONMENT@'
set __lsst_stack = '@STACK@'
set __lsst_python = '@PYTHON@'
set __lsst_active = ""
set __lsst_failed = 0
# A folder without scripts is no error.
if ($?nonomatch) then
    set __lsst_options = ""
else
    set __lsst_options = "unset nonomatch"
    set nonomatch
endif

if (! $?LSST_CONDA_ENV_NAME) setenv LSST_CONDA_ENV_NAME ""
if ($?CONDA_PREFIX) then
    set __lsst_active = "$CONDA_PREFIX"
endif
if ("$__lsst_active" != "") then
    # Another stack's script set the name, not the user.
    set __lsst_folder = "$__lsst_active:h"
    if ("$__lsst_folder" != "$__lsst_root/envs" && "$__lsst_folder:t" == envs \
        && "$__lsst_active:t" == "$LSST_CONDA_ENV_NAME") setenv LSST_CONDA_ENV_NAME ""
endif
if ("$LSST_CONDA_ENV_NAME" == "") setenv LSST_CONDA_ENV_NAME "$__lsst_default"
set __lsst_prefix = "$__lsst_root/envs/$LSST_CONDA_ENV_NAME"

if (! -d "$__lsst_prefix/conda-meta") then
    sh -c 'echo "loadLSST: there is no environment $0: run lsstinstall again" >&2' "$__lsst_prefix"
    set __lsst_failed = 1
else if (-x "$__lsst_root/bin/conda" && -r "$__lsst_root/etc/profile.d/conda.csh") then
    # An alias already, if somebody set conda up before us: again would stack environments up.
    if ("`alias conda`" == "") source "$__lsst_root/etc/profile.d/conda.csh"
    conda activate "$__lsst_prefix"
    if ($status) set __lsst_failed = 1
else
    # What `conda activate` does, without one.
    if ("$__lsst_active" == "") then
        setenv CONDA_SHLVL 1
    else
        set __lsst_list = ()
        foreach __lsst_file ("$__lsst_active"/etc/conda/deactivate.d/*.csh)
            if (-f "$__lsst_file") set __lsst_list = ("$__lsst_file" $__lsst_list:q)
        end
        foreach __lsst_file ($__lsst_list:q)
            source "$__lsst_file"
        end
        set __lsst_list = ()
        foreach __lsst_file ($path:q)
            if ("$__lsst_file" != "$__lsst_active/bin") set __lsst_list = ($__lsst_list:q "$__lsst_file")
        end
        set path = ($__lsst_list:q)
        if ("$__lsst_active" != "$__lsst_prefix") then
            # What a conda that is somewhere else needs to find its way back.
            if (! $?CONDA_SHLVL) setenv CONDA_SHLVL 1
            setenv CONDA_PREFIX_$CONDA_SHLVL "$__lsst_active"
            @ __lsst_level = $CONDA_SHLVL + 1
            setenv CONDA_SHLVL $__lsst_level
        endif
    endif
    set path = ("$__lsst_prefix/bin" $path:q)
    setenv CONDA_PREFIX "$__lsst_prefix"
    setenv CONDA_DEFAULT_ENV "$LSST_CONDA_ENV_NAME"
    setenv CONDA_PROMPT_MODIFIER "($LSST_CONDA_ENV_NAME) "
    foreach __lsst_file ("$__lsst_prefix"/etc/conda/activate.d/*.csh)
        if (-f "$__lsst_file") source "$__lsst_file"
    end
    rehash
endif

if (! $__lsst_failed) then
    if ("$__lsst_stack" == "") set __lsst_stack = "$__lsst_prefix/share/eups"
    if (! $?EUPS_PATH) setenv EUPS_PATH ""
    if ("$EUPS_PATH" == "") then
        setenv EUPS_PATH "$__lsst_stack"
    else if (":${EUPS_PATH}:" !~ *":${__lsst_stack}:"*) then
        setenv EUPS_PATH "${__lsst_stack}:${EUPS_PATH}"
    endif
    if (-f "$__lsst_stack/pkgroot") then
        set __lsst_file = "$__lsst_stack/pkgroot"
        set __lsst_list = (`cat $__lsst_file:q`)
        setenv EUPS_PKGROOT "$__lsst_list"
    endif
    if (-d "$__lsst_prefix/eups" && ! $?EUPS_DIR) setenv EUPS_DIR "$__lsst_prefix/eups"
    setenv LSST_INSTALLER_PYTHON "$__lsst_python"
    if ("`sh -c 'command -v lsstinstall || :'`" == "") then
        alias lsstinstall '"$LSST_INSTALLER_PYTHON" -E -P -m lsstinstall'
    endif
    # EUPS's own aliases come with a script of its package, if it has one for this shell. Ours source
    # what sh wrote to a file: an `eval` would change blanks and line ends. Help is not meant for that.
    if ("`alias setup`" == "" || $?LSST_INSTALLER) then
        set __lsst_list = ( \
            'case "$TMPDIR" in *[[:space:]]*) TMPDIR=/tmp ;; esac;' \
            'answer=$(mktemp "${TMPDIR:-/tmp}/setup.XXXXXX") || exit 1;' \
            'echo "rm -f $answer" >"$answer";' \
            'case " $* " in *" -h "* | *" --help "*) set -- "$1" --help; out=2 ;;' \
            '*) set -- "$@" --shell csh; out=3 ;; esac;' \
            'if [ -x "$LSST_INSTALLER_PYTHON" ];' \
            'then set -- "$LSST_INSTALLER_PYTHON" -E -P -m lsstinstall "$@";' \
            'else set -- lsstinstall "$@"; fi;' \
            '"$@" 3>>"$answer" >&"$out" || echo false >>"$answer";' \
            'echo "$answer"' )
        setenv LSST_INSTALLER "$__lsst_list"
        alias setup 'source `sh -c $LSST_INSTALLER:q lsstinstall setup \!*`'
        alias unsetup 'source `sh -c $LSST_INSTALLER:q lsstinstall unsetup \!*`'
    endif
endif

# In one command, whose parts are put in before the variables are gone.
set __lsst_list = (__lsst_root __lsst_default __lsst_stack __lsst_python __lsst_active __lsst_folder \
    __lsst_prefix __lsst_list __lsst_file __lsst_level __lsst_failed __lsst_options)
eval "unset $__lsst_list; $__lsst_options; test $__lsst_failed = 0"
