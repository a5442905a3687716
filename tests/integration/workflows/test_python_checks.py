"""The reusable workflows `mypy`, `docstyle` and `numpydoc`, run by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

_TYPED = "def twice(number: int) -> int:\n    return 2 * number\n"
_NUMPY = '[tool.pydocstyle]\nconvention = "numpy"\nadd-ignore = ["D100"]\n'
_VALIDATED = '[tool.numpydoc_validation]\nchecks = ["all", "GL08", "ES01", "EX01", "SA01"]\n'
_DOCUMENTED = '''
def twice(number):
    """Double a number.

    Parameters
    ----------
    number : `int`
        Any.

    Returns
    -------
    double : `int`
        Twice as much.
    """
    return 2 * number
'''


def test_right_types_pass_beside_what_is_required(tmp_path: Path) -> None:
    files = {"types.txt": "types-pyyaml\n", "python/a.py": f"import yaml\n\nprint(yaml.__name__)\n{_TYPED}"}
    sample = make_sample(tmp_path / "sample", files)
    result = run_reusable(tmp_path, "mypy", sample, inputs={"packages": ""})
    assert result.code == 0, result.log
    assert result.outputs == {"problems": "0"}


def test_a_wrong_type_is_told_where_it_is(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"python/a.py": f'{_TYPED}twice("2")\n'})
    result = run_reusable(tmp_path, "mypy", sample, inputs={"packages": "", "mypy-version": "!=1.9.0"})
    assert result.failed == ["Run mypy"], result.log
    (remark,) = result.annotations
    assert remark.place == {"file": "python/a.py", "line": "3", "col": "7", "title": "arg-type"}
    assert remark.message == 'Argument 1 to "twice" has incompatible type "str"; expected "int"'


def test_a_requirement_that_cannot_be_installed_fails(tmp_path: Path) -> None:
    files = {"requirements.txt": "./missing-folder\n", "python/a.py": _TYPED}
    sample = make_sample(tmp_path / "sample", files)
    result = run_reusable(tmp_path, "mypy", sample, inputs={"packages": ""})
    assert result.failed == ["Run mypy"], result.log
    assert result.annotations[0].message.startswith("installing requirements failed with exit code")


def test_docstrings_pass_by_the_settings_of_pydocstyle(tmp_path: Path) -> None:
    files = {"pyproject.toml": _NUMPY, "python/a.py": _DOCUMENTED, "python/test_a.py": "def test(): pass\n"}
    result = run_reusable(
        tmp_path, "docstyle", make_sample(tmp_path / "sample", files), inputs={"paths": "python"}
    )
    assert result.code == 0, result.log
    assert "settings of pyproject&#46;toml &#91;tool&#46;pydocstyle&#93;" in result.summary
    assert "| files | 1 |" in result.summary


def test_a_wrong_docstring_is_told_where_it_is(tmp_path: Path) -> None:
    files = {"pyproject.toml": _NUMPY, "python/a.py": 'def twice():\n    """double it."""\n', "ply/b.py": ""}
    sample = make_sample(tmp_path / "sample", files)
    result = run_reusable(tmp_path, "docstyle", sample, inputs={"exclude": "ply"})
    assert result.failed == ["Check the docstrings"], result.log
    assert [(one.place["file"], one.place["line"], one.place["title"]) for one in result.annotations] == [
        ("python/a.py", "2", "D403"),
    ]


def test_a_shell_substitution_is_refused_and_not_run(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"python/a.py": _DOCUMENTED})
    result = run_reusable(
        tmp_path, "docstyle", sample, inputs={"paths": "$(find python -name '*.py'; touch pwned)"}
    )
    assert result.failed == ["Check the docstrings"], result.log
    assert result.annotations[0].message == (
        "the input `paths` holds `$(` of a shell, expected words: $(find python -name '*.py'; touch pwned); "
        "name files or folders; `exclude` leaves some out"
    )
    assert not list(tmp_path.rglob("pwned"))


def test_numpydoc_passes_what_its_settings_ask_for(tmp_path: Path) -> None:
    settings = _VALIDATED.replace('"SA01"', '"SA01", "RT02"')
    sample = make_sample(tmp_path / "sample", {"pyproject.toml": settings, "python/a.py": _DOCUMENTED})
    result = run_reusable(tmp_path, "numpydoc", sample)
    assert result.code == 0, result.log
    assert "| settings | pyproject&#46;toml &#91;tool&#46;numpydoc&#95;validation&#93; |" in result.summary


def test_numpydoc_tells_a_missing_parameter(tmp_path: Path) -> None:
    text = _DOCUMENTED.replace("    number : `int`\n        Any.\n", "    count : `int`\n        Any.\n")
    files = {"pyproject.toml": _VALIDATED, "python/a.py": text}
    result = run_reusable(tmp_path, "numpydoc", make_sample(tmp_path / "sample", files))
    assert result.failed == ["Validate the docstrings"], result.log
    told = [(one.place["file"], one.place["title"], one.message) for one in result.annotations]
    assert ("python/a.py", "PR01", "Parameters {'number'} not documented") in told
