from __future__ import annotations

import pytest

from lsstinstall.core.errors import NotFoundError, ProblemsError
from lsstinstall.core.names import ProductName, Sha256
from lsstinstall.core.productplans import InstallPlan, ProductAction
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.productoffers import Offer
from lsstinstall.install.productplanner import plan_install
from lsstinstall.install.productresolver import NeededProduct
from tests.support.packages import LINUX

ONE = EupsVersion("1.0")


def _plan(
    *names: str, offers: dict[str, Offer], installed: tuple[str, ...] = (), can_build: bool = False
) -> InstallPlan:
    return plan_install(
        [
            NeededProduct(product=ProductName(name), version=ONE, dummy=name == "dummy", kept=name == "kept")
            for name in names
        ],
        {ProductName(name): offer for name, offer in offers.items()},
        installed={ProductName(name) for name in installed},
        tags={(ProductName(name), ONE): ("w_2026_10",) for name in ("afw", "kept")},
        flavor=LINUX,
        can_build=can_build,
    )


def _tarball(name: str, *requires: str, sha256: str | None = None, size_bytes: int | None = None) -> Offer:
    return Offer(
        dist_id=f"{name}.tar.gz",
        requires=frozenset(ProductName(require) for require in requires),
        root="https://example.org/stack",
        path=f"{name}.tar.gz",
        directory=f"{name}/1.0",
        table_path=f"tables/{name}.table",
        size_bytes=size_bytes,
        sha256=None if sha256 is None else Sha256(sha256),
    )


def test_what_is_installed_is_left_alone_but_tagged() -> None:
    plan = _plan("afw", offers={}, installed=("afw",))
    (product,) = plan.products
    assert (product.action, product.tags) == (ProductAction.PRESENT, ("w_2026_10",))
    assert plan.pending == ()


def test_what_the_site_wants_left_alone_is_not_even_tagged() -> None:
    assert _plan("kept", offers={}, installed=("kept",)).products[0].tags == ()
    assert _plan("kept", offers={"kept": _tarball("kept")}).products[0].tags == ("w_2026_10",)


def test_a_tarball_is_unpacked_after_what_it_requires() -> None:
    offers = {"utils": _tarball("utils"), "afw": _tarball("afw", "utils", "elsewhere")}
    plan = _plan("utils", "afw", offers=offers)
    assert [product.action for product in plan.products] == [ProductAction.UNPACK] * 2
    # What is not in the plan is no dependency within it.
    assert plan.products[1].dependencies == {"utils"}


def test_the_plan_knows_what_is_to_be_fetched_and_what_cannot_be_verified() -> None:
    offers = {"utils": _tarball("utils", sha256="0" * 64, size_bytes=10), "afw": _tarball("afw")}
    plan = _plan("utils", "afw", offers=offers)
    assert plan.known_bytes == 10
    assert [product.product for product in plan.unverifiable] == ["afw"]


def test_a_product_without_a_folder_is_only_declared() -> None:
    plan = _plan("meta", offers={"meta": Offer(dist_id="meta.tar.gz", root="x", directory=None)})
    assert plan.products[0].action is ProductAction.DECLARE


def test_a_dummy_is_only_declared_and_needs_no_offer() -> None:
    assert _plan("dummy", offers={}).products[0].action is ProductAction.DECLARE


def test_a_source_package_is_built_where_eups_is() -> None:
    offer = Offer(dist_id="eupspkg:afw-1.0.eupspkg", root="x", path="p", directory="afw/1.0")
    assert _plan("afw", offers={"afw": offer}, can_build=True).products[0].action is ProductAction.BUILD


@pytest.mark.parametrize(
    ("names", "count"), [(("afw",), "1 such product"), (("afw", "obs"), "2 such products")]
)
def test_source_packages_without_eups_are_refused_before_anything_is_done(
    names: tuple[str, ...], count: str
) -> None:
    offer = Offer(dist_id="eupspkg:afw-1.0.eupspkg", root="x", path="p", directory="afw/1.0")
    with pytest.raises(NotFoundError, match=count) as caught:
        _plan(*names, offers=dict.fromkeys(names, offer))
    assert caught.value.hint is not None
    assert "loadLSST.sh" in caught.value.hint


def test_what_cannot_be_had_is_blocked_with_its_reason() -> None:
    missing = NotFoundError("there is no <x>")
    plan = _plan("afw", offers={"afw": Offer(dist_id="search", problem=missing)})
    assert (plan.products[0].action, plan.problem) == (ProductAction.BLOCKED, missing)


def test_a_manifest_that_names_no_package_blocks_its_product() -> None:
    plan = _plan("afw", offers={"afw": Offer(dist_id="search", root="x", directory="afw/1.0")})
    assert plan.products[0].action is ProductAction.BLOCKED
    assert "names no package" in str(plan.problem)


def test_an_unknown_kind_of_package_blocks_its_product() -> None:
    plan = _plan("afw", offers={"afw": Offer(dist_id="pacman:afw", root="x", directory="afw/1.0")})
    assert "is of an unknown kind" in str(plan.problem)


def test_several_problems_are_told_together() -> None:
    offers = {name: Offer(dist_id="search", problem=NotFoundError(name)) for name in ("afw", "obs")}
    problem = _plan("afw", "obs", offers=offers).problem
    assert isinstance(problem, ProblemsError)
    assert problem.code == 3


def test_a_plan_can_be_printed() -> None:
    data = _plan("afw", offers={"afw": _tarball("afw", size_bytes=10)}).to_dict()
    assert data == {
        "flavor": "Linux64",
        "products": [
            {
                "product": "afw",
                "version": "1.0",
                "action": "unpack",
                "package": "https://example.org/stack/afw.tar.gz",
                "bytes": 10,
                "fetch_bytes": 10,
                "sha256": None,
                "tags": ["w_2026_10"],
                "reason": None,
            }
        ],
    }


def test_a_plan_says_why_a_product_is_blocked() -> None:
    data = _plan("afw", offers={"afw": Offer(dist_id="search", problem=NotFoundError("gone"))}).to_dict()
    assert data["products"] == [
        {
            "product": "afw", "version": "1.0", "action": "blocked", "package": None, "bytes": None,
            "fetch_bytes": None, "sha256": None, "tags": ["w_2026_10"], "reason": "gone",
        }
    ]  # fmt: skip
