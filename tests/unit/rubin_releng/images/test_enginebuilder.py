from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.ocidocuments import ImageSettings
from rubin_releng.images.builder import build_image
from rubin_releng.images.checker import check_layout
from rubin_releng.images.enginebuilder import Recipe, build_with_engine, write_recipe
from rubin_releng.images.imageplans import BaseImage, ImagePlan, LayerPlan
from rubin_releng.images.layers import LayerPart, LayerRules
from rubin_releng.images.layouts import read_layout
from tests.support.images import MemoryStore, MemoryTree, NoCompression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rubin_releng.core.engineworks import EngineWork

LAYER = LayerPlan(parts=(LayerPart(tree=MemoryTree({"x": b"x"})),), name="x")
PLAN = ImagePlan(layers=(LAYER, LAYER), labels={"a": "b"}, tag="w", rules=LayerRules(epoch=5))


class FakeEngine:
    """Makes the image of its work with our own builder, in one layer."""

    name = "fake"
    description = "fake 1"

    def __init__(self) -> None:
        self.works: list[EngineWork] = []
        self.files: dict[str, bytes] = {}

    @contextmanager
    def build(self, work: EngineWork) -> Iterator[MemoryStore]:
        self.works.append(work)
        self.files = {name: b"".join(stream()) for name, stream in work.files.items()}
        store = MemoryStore()
        plan = ImagePlan(layers=(LAYER,), labels=work.labels, rules=LayerRules(epoch=work.epoch))
        build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter())
        yield store


def test_an_engine_gets_layers_as_our_own_builder_writes_them() -> None:
    engine, store, own = FakeEngine(), MemoryStore(), MemoryStore()
    built = build_with_engine(PLAN, engine=engine, store=store, reporter=SilentReporter())
    native = build_image(PLAN, store=own, codec=NoCompression(), reporter=SilentReporter())
    assert list(engine.files) == ["layer-0.tar", "layer-1.tar"]
    assert engine.files["layer-0.tar"] == own.blobs[native.layers[0].diff_id.partition(":")[2]]
    assert engine.works[0].labels == {"a": "b"}
    assert len(built.layers) == 1


def test_its_image_has_the_name_labels_and_annotations_that_ours_has() -> None:
    store, own = MemoryStore(), MemoryStore()
    build_with_engine(PLAN, engine=FakeEngine(), store=store, reporter=SilentReporter())
    build_image(PLAN, store=own, codec=NoCompression(), reporter=SilentReporter())
    (found,), (ours,) = read_layout(store).images, read_layout(own).images
    check_layout(store, codecs={}, reporter=SilentReporter())
    assert (found.tag, found.settings.labels) == (ours.tag, ours.settings.labels)
    assert found.annotations == {**ours.annotations, "org.lsst.image.compressor": "fake 1"}
    assert found.manifest.platform == ours.manifest.platform


def test_a_containerfile_is_built_in_place_of_trees() -> None:
    engine = FakeEngine()
    plan = ImagePlan(layers=(), labels={"a": "b"}, rules=LayerRules(epoch=5))
    recipe = Recipe(text="FROM scratch\n", context="here", arguments={"X": "y"})
    store = MemoryStore()
    built = build_with_engine(plan, engine=engine, store=store, reporter=SilentReporter(), recipe=recipe)
    (work,) = engine.works
    assert (work.recipe, work.context, work.arguments, work.epoch) == (recipe.text, "here", {"X": "y"}, 5)
    assert built.manifest.annotations == {}


def test_settings_are_written_into_the_recipe() -> None:
    settings = ImageSettings(
        user="1000:1000",
        environment={"A": 'a "$b" \\'},
        entry_point=("/bin/start", "it"),
        command=("x y",),
        folder="/opt",
    )
    assert write_recipe(ImagePlan(layers=(LAYER,), settings=settings)).splitlines() == [
        "FROM scratch",
        "ADD layer-0.tar /",
        'ENV A="a \\"\\$b\\" \\\\"',
        "WORKDIR /opt",
        "USER 1000:1000",
        'ENTRYPOINT ["/bin/start", "it"]',
        'CMD ["x y"]',
    ]
    assert write_recipe(ImagePlan(layers=())) == "FROM scratch\n"


def test_a_line_end_in_a_variable_is_refused() -> None:
    plan = ImagePlan(layers=(), settings=ImageSettings(environment={"A": "a\nb"}))
    with pytest.raises(ConfigurationError, match="`A` holds a line end"):
        write_recipe(plan)


def test_trees_on_top_of_a_layout_are_refused() -> None:
    store = MemoryStore()
    build_image(PLAN, store=store, codec=NoCompression(), reporter=SilentReporter())
    plan = ImagePlan(layers=(LAYER,), base=BaseImage(image=read_layout(store).images[0], store=store))
    with pytest.raises(RefusedError, match="on top of a layout"):
        build_with_engine(plan, engine=FakeEngine(), store=MemoryStore(), reporter=SilentReporter())
