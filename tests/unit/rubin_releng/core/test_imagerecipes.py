from __future__ import annotations

import re
from pathlib import Path

import pytest

from lsstinstall.core.errors import CorruptError, FormatError, NotFoundError
from rubin_releng.core.imagerecipes import PinnedImage, base_reference, parse_pins, parse_recipe
from rubin_releng.core.ocidocuments import Architecture, Digest

FOLDER = Path(__file__).parents[4] / "containers"
IMAGES = sorted(path.parent.name for path in FOLDER.glob("*/image.toml"))
PLAIN = 'name="x"\ntitle="X"\nsummary="s"\nfrom={pin="p"}\nplatforms=["linux/amd64"]\n'


def test_a_small_recipe_has_defaults() -> None:
    recipe = parse_recipe(PLAIN, source="image.toml")
    assert (recipe.pin, recipe.image, recipe.owner, recipe.home) == ("p", None, "0:0", "/")
    assert recipe.architectures == (Architecture.AMD64,)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ('name="X"', "name"),
        ('from={pin="p",image="q"}', "from"),
        ("from={}", "from"),
        ('platforms=["linux/s390x"]', "platforms.0"),
        ("other=1", "other"),
        ('container={user="lsst"}', "container.user"),
        ('layers={home="opt"}', "layers.home"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(change: str, place: str) -> None:
    key = change.partition("=")[0]
    lines = [line for line in PLAIN.splitlines() if not line.startswith(f"{key}=")]
    with pytest.raises(CorruptError, match=f"`image.toml` is wrong at `{re.escape(place)}`"):
        parse_recipe("\n".join([*lines, change]), source="image.toml")


def test_what_is_no_toml_is_told() -> None:
    with pytest.raises(FormatError, match=r"image\.toml:1:1"):
        parse_recipe("=", source="image.toml")


def test_an_image_lies_on_a_pin_or_on_one_of_ours() -> None:
    pins = {"p": PinnedImage(name="example.org/x", tag="9", digest=Digest(f"sha256:{'0' * 64}"))}
    recipe = parse_recipe(PLAIN, source="image.toml")
    assert base_reference(recipe, pins) == f"example.org/x@sha256:{'0' * 64}"
    with pytest.raises(NotFoundError, match="`p` is not pinned"):
        base_reference(recipe, {})
    ours = parse_recipe(PLAIN.replace('pin="p"', 'image="base"'), source="image.toml")
    assert base_reference(ours, {}) is None


def test_a_pin_needs_a_digest() -> None:
    with pytest.raises(CorruptError, match=r"wrong at `x\.digest`: missing key"):
        parse_pins('[x]\nname="example.org/x"\ntag="9"\n', source="pins.toml")


def test_all_our_images_are_there() -> None:
    assert IMAGES == ["base", "build", "derive", "env", "lab", "stack"]
    pins = parse_pins((FOLDER / "pins.toml").read_text(), source="pins.toml")
    for name in IMAGES:
        recipe = parse_recipe((FOLDER / name / "image.toml").read_text(), source=name)
        assert recipe.name == name
        assert recipe.image in {None, *IMAGES}
        assert (base_reference(recipe, pins) or "@sha256:").count("@sha256:") == 1
        assert (FOLDER / name / "README.md").is_file()


@pytest.mark.parametrize("name", IMAGES)
def test_a_containerfile_says_what_its_recipe_says(name: str) -> None:
    recipe = parse_recipe((FOLDER / name / "image.toml").read_text(), source=name)
    text = (FOLDER / name / "Containerfile").read_text()
    arguments = set(re.findall(r"^ARG (\w+)", text, flags=re.MULTILINE)) - {"BASE_IMAGE", "SOURCE_DATE_EPOCH"}
    assert arguments == set(recipe.arguments)
    assert re.findall(r"^FROM (.*)", text, flags=re.MULTILINE) == ["${BASE_IMAGE}"]
    assert re.findall(r"^USER (.*)", text, flags=re.MULTILINE)[-1] == recipe.settings.user == "1000"
    assert re.findall(r"^WORKDIR (.*)", text, flags=re.MULTILINE)[-1] == recipe.settings.folder
    commands = re.findall(r"^CMD \[(.*)\]", text, flags=re.MULTILINE)
    assert commands == (
        [", ".join(f'"{word}"' for word in recipe.settings.command)] if recipe.settings.command else []
    )
    # Buildah of Debian 12 knows no here-documents and drops SHELL; a pipe would hide failures from `set -e`.
    assert not re.search(
        r"<<|^SHELL|\|\| true|[^|]\|[^|]", re.sub(r"^#.*$", "", text, flags=re.MULTILINE), flags=re.MULTILINE
    )
