# Activate the Rubin environment and find its EUPS stack. Made by lsstinstall; to be sourced by fish.
# LSST_CONDA_ENV_NAME chooses another environment of the same folder.

function __lsst_activate_alone --argument-names prefix
    if test -n "$CONDA_PREFIX"
        set -l scripts $CONDA_PREFIX/etc/conda/deactivate.d/*.fish
        for script in $scripts[-1..1]
            source $script
        end
        set -l kept
        for folder in $PATH
            test "$folder" = "$CONDA_PREFIX/bin"; or set -a kept $folder
        end
        set -gx PATH $kept
        if test "$CONDA_PREFIX" != "$prefix"
            # What a conda that is somewhere else needs to find its way back.
            set -q CONDA_SHLVL; or set -gx CONDA_SHLVL 1
            set -gx CONDA_PREFIX_$CONDA_SHLVL $CONDA_PREFIX
            set -gx CONDA_SHLVL (math $CONDA_SHLVL + 1)
        end
    else
        set -gx CONDA_SHLVL 1
    end
    set -gx PATH $prefix/bin $PATH
    set -gx CONDA_PREFIX $prefix
    set -gx CONDA_DEFAULT_ENV $LSST_CONDA_ENV_NAME
    set -gx CONDA_PROMPT_MODIFIER "($LSST_CONDA_ENV_NAME) "
    set -l scripts $prefix/etc/conda/activate.d/*.fish
    for script in $scripts
        source $script
    end
end

function __lsst_load
    set -l root '@CONDA_ROOT@'
    set -l stack '@STACK@'
    # Another stack's script set the name, not the user.
    set -l folder (string replace --regex '/[^/]*$' '' -- "$CONDA_PREFIX")
    if test "$CONDA_PREFIX" = "$folder/$LSST_CONDA_ENV_NAME" -a "$folder" != "$root/envs"
        string match --quiet -- '*/envs' $folder; and set -e LSST_CONDA_ENV_NAME
    end
    test -n "$LSST_CONDA_ENV_NAME"; or set -gx LSST_CONDA_ENV_NAME '@ENVIRONMENT@'
    set -gx LSST_CONDA_ENV_NAME $LSST_CONDA_ENV_NAME
    set -l prefix $root/envs/$LSST_CONDA_ENV_NAME
    if not test -d $prefix/conda-meta
        echo "loadLSST: there is no environment $prefix: run lsstinstall again" >&2
        return 1
    end
    if test -x $root/bin/conda
        # A function already, if somebody set conda up before us: again would stack environments up.
        if not functions --query conda
            $root/bin/conda shell.fish hook | source
            test "$pipestatus" = "0 0"; or return 1
        end
        conda activate $prefix
        or return 1
    else
        __lsst_activate_alone $prefix
    end
    test -n "$stack"; or set stack $prefix/share/eups
    # Kept as one text: fish knows only the names that end in PATH of itself as lists.
    set -l stacks (string split --no-empty : -- "$EUPS_PATH")
    contains -- $stack $stacks; or set -p stacks $stack
    set -gx EUPS_PATH (string join : -- $stacks)
    if test -f $stack/pkgroot
        set -gx EUPS_PKGROOT (head -n 1 $stack/pkgroot)
    end
    if test -d $prefix/eups; and not set -q EUPS_DIR
        set -gx EUPS_DIR $prefix/eups
    end
    set -gx LSST_INSTALLER_PYTHON '@PYTHON@'
    return 0
end

# Run lsstinstall; Python's variables are those of the stack and not meant for it.
function __lsst_installer
    if test -x "$LSST_INSTALLER_PYTHON"
        $LSST_INSTALLER_PYTHON -E -P -m lsstinstall $argv
    else if command --query lsstinstall
        command lsstinstall $argv
    else
        echo "lsstinstall is gone from $LSST_INSTALLER_PYTHON and not on PATH: install it again" >&2
        return 127
    end
end

function __lsst_change
    if contains -- -h $argv; or contains -- --help $argv
        __lsst_installer $argv[1] --help
        return
    end
    set -l commands (__lsst_installer $argv --shell fish)
    or return
    string join \n -- $commands | source
end

if not command --query lsstinstall
    function lsstinstall
        __lsst_installer $argv
    end
end

# EUPS has none of these for fish.
function setup
    __lsst_change setup $argv
end

function unsetup
    __lsst_change unsetup $argv
end

__lsst_load
set -l __lsst_status $status
functions --erase __lsst_load __lsst_activate_alone
test $__lsst_status -eq 0
