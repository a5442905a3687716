from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from rubin_releng.core.launchscripts import moved_environment, write_entry_point, write_launch_environment


def test_places_are_those_in_the_image() -> None:
    before = {"PATH": "/srv/r/bin:/usr/bin:/srv/r:/srv/rx/bin", "A": "-L/srv/r/lib -I/srv/r", "B": "x"}
    assert moved_environment(before, root="/srv/r/", at="/opt/lsst/") == {
        "PATH": "/opt/lsst/bin:/usr/bin:/opt/lsst:/srv/rx/bin",
        "A": "-L/opt/lsst/lib -I/opt/lsst",
        "B": "x",
    }


def test_a_script_exports_all_and_appends_to_paths() -> None:
    text = write_launch_environment({"PATH": "/opt/bin", "AFW_DIR": "/opt/it's $HOME"})
    assert text.splitlines()[1:] == [
        "export AFW_DIR='/opt/it'\\''s $HOME'",
        "export PATH='/opt/bin'\"${PATH:+:$PATH}\"",
    ]


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "BASH_FUNC_x%%"])
def test_a_name_that_no_shell_exports_is_refused(name: str) -> None:
    with pytest.raises(InvalidNameError, match="cannot be the name of a variable"):
        write_launch_environment({name: "x"})


def test_an_entry_point_sources_the_environment_and_becomes_the_command() -> None:
    lines = write_entry_point("/opt/it's/environment.sh").splitlines()
    assert lines[0] == "#!/bin/sh"
    assert ". '/opt/it'\\''s/environment.sh'" in lines
    assert lines[-1] == 'exec "$@"'
