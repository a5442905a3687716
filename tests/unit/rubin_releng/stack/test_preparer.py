from __future__ import annotations

import pytest

from lsstinstall.core.buildmanifests import BuildManifest
from lsstinstall.core.errors import ExitCode, InterruptedWorkError, ProblemsError
from lsstinstall.core.graph import CycleError
from lsstinstall.core.names import Flavor, GitSha, ProductName
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.tags import parse_build_id
from rubin_releng.core.exclusions import ExclusionMap, parse_exclusions
from rubin_releng.core.refs import RefName
from rubin_releng.core.repositories import RepoIndex, Repository
from rubin_releng.stack.preparations import FoundProduct, Wanted, arrange, check_refs, predict_products
from rubin_releng.stack.preparer import Discovery, discover, settle
from tests.support.sources import TREE, FakeSources, fake_commit


def index_of(*names: str, refs: dict[str, str] | None = None) -> RepoIndex:
    return RepoIndex(
        repositories=tuple(
            Repository(product=ProductName(name), url=f"memory:{name}", ref=(refs or {}).get(name))
            for name in names
        )
    )


def found_by(
    sources: FakeSources,
    *products: str,
    refs: tuple[str, ...] = (),
    index: RepoIndex | None = None,
    exclusions: str = "",
) -> dict[ProductName, FoundProduct]:
    wanted = Wanted(
        products=tuple(ProductName(product) for product in products),
        refs=tuple(RefName(ref) for ref in refs),
        flavor=Flavor("Linux64"),
        exclusions=parse_exclusions(exclusions, source="test") if exclusions else ExclusionMap(),
    )
    names = [url.removeprefix("memory:") for url in sources.repositories]
    discovery = discover(wanted, index or index_of(*names), sources, jobs=2, reporter=SilentReporter())
    settle(discovery, jobs=2, reporter=SilentReporter())
    return dict(discovery.products)


def problems_of(sources: FakeSources, *products: str, index: RepoIndex | None = None) -> list[str]:
    with pytest.raises(ProblemsError, match="the build cannot be prepared") as caught:
        found_by(sources, *products, index=index)
    return [str(problem) for problem in caught.value.problems]


def diamond() -> FakeSources:
    sources = FakeSources()
    sources.add("alpha")
    sources.add("beta", "alpha")
    sources.add("delta", "alpha")
    sources.add("gamma", "delta", "beta")
    sources.add("unrelated")
    return sources


def test_all_that_is_needed_is_found_once() -> None:
    sources = diamond()
    found = found_by(sources, "gamma")
    assert list(found) == ["alpha", "beta", "delta", "gamma"]
    assert sorted(sources.obtained) == ["alpha", "beta", "delta", "gamma"]


def test_every_product_is_checked_out_at_what_was_chosen() -> None:
    sources = diamond()
    found = found_by(sources, "gamma")
    assert found[ProductName("beta")].ref.commit == sources.repositories["memory:beta"].checked_out


def test_a_users_ref_is_taken_where_it_exists() -> None:
    sources = diamond()
    ticket = sources.repositories["memory:beta"].commit("", branch="tickets/DM-1")
    found = found_by(sources, "gamma", refs=("tickets/DM-1",))
    assert found[ProductName("beta")].ref.commit == ticket
    assert found[ProductName("alpha")].ref.name == "main"


def test_dependencies_are_those_of_the_chosen_commit() -> None:
    sources = diamond()
    sources.repositories["memory:gamma"].commit("setupRequired(unrelated)\n", branch="t")
    assert list(found_by(sources, "gamma", refs=("t",))) == ["gamma", "unrelated"]


def test_a_products_own_ref_replaces_main() -> None:
    sources = diamond()
    fork = sources.repositories["memory:alpha"].commit("", branch="lsst-dev")
    index = index_of("alpha", refs={"alpha": "lsst-dev"})
    assert found_by(sources, "alpha", index=index)[ProductName("alpha")].ref.commit == fork


def test_dependencies_keep_the_order_and_the_duplicates_of_the_table() -> None:
    sources = FakeSources()
    sources.add("utils")
    sources.add("base")
    sources.add("top", "utils", "base", "utils")
    assert found_by(sources, "top")[ProductName("top")].dependencies == ("utils", "base", "utils")


def test_the_implicit_product_of_eups_does_not_count() -> None:
    sources = FakeSources()
    sources.add("top", "implicitProducts")
    assert found_by(sources, "top")[ProductName("top")].dependencies == ()


def test_an_excluded_optional_dependency_is_left_out() -> None:
    sources = FakeSources()
    sources.add("top", table="setupOptional(condor_plugin)\n")
    found = found_by(sources, "top", exclusions="condor .*\n")
    assert found[ProductName("top")].dependencies == ()


def test_a_required_dependency_is_never_excluded() -> None:
    sources = FakeSources()
    sources.add("condor")
    sources.add("top", "condor")
    assert "condor" in found_by(sources, "top", exclusions="condor .*\n")


def test_conditions_count_for_the_flavor_that_was_asked_for() -> None:
    sources = FakeSources()
    sources.add("mac")
    sources.add("top", table="if (FLAVOR == DarwinX86) {\nsetupRequired(mac)\n}\n")
    assert list(found_by(sources, "top")) == ["top"]


def test_all_problems_are_reported_with_their_reasons() -> None:
    sources = FakeSources()
    sources.add("top", "gone", "bare", "broken", "fine", "unlisted")
    sources.add("bare", table=None)
    sources.add("broken", table="setupRequired()\n")
    sources.add("fine")
    problems = problems_of(sources, "top", index=index_of("top", "gone", "bare", "broken", "fine"))
    assert [problem.split(":")[0] for problem in problems] == [
        "`bare`, needed by `top`",
        "`broken`, needed by `top`",
        "`gone`, needed by `top`",
        "`unlisted`, needed by `top`",
    ]
    assert "has no table file `ups/bare.table`" in problems[0]
    assert "broken/ups/broken.table:1" in problems[1]
    assert "<memory:gone> does not exist" in problems[2]
    assert "no repository is known" in problems[3]


def test_a_product_the_user_named_is_needed_by_nobody_else() -> None:
    assert problems_of(FakeSources(), "lsst_distrib")[0].startswith("`lsst_distrib`: no repository")


def test_a_repository_without_any_candidate_is_a_problem() -> None:
    sources = FakeSources()
    sources.add("top").branches = {"develop": fake_commit("x")}
    assert problems_of(sources, "top") == ["`top`: <memory:top> has none of the refs `main`"]


def test_local_changes_are_a_problem() -> None:
    sources = diamond()
    sources.repositories["memory:beta"].dirty = True
    assert problems_of(sources, "gamma") == ["`beta`, needed by `gamma`: `beta` has local changes"]


def test_problems_of_one_kind_give_its_exit_code() -> None:
    sources = FakeSources()
    sources.add("top", "gone", "lost")
    with pytest.raises(ProblemsError) as caught:
        found_by(sources, "top")
    assert caught.value.code is ExitCode.NOT_FOUND


def test_products_are_arranged_by_level_and_name() -> None:
    order = [product.name for product in arrange(found_by(diamond(), "gamma"))]
    assert order == ["alpha", "beta", "delta", "gamma"]


def test_a_version_is_the_commit_and_a_hash_of_all_below() -> None:
    products = {product.name: product for product in arrange(found_by(diamond(), "gamma"))}
    alpha = products[ProductName("alpha")]
    assert alpha.version == f"g{alpha.ref.commit[:10]}"
    assert str(products[ProductName("beta")].version).startswith(
        f"g{products[ProductName('beta')].ref.commit[:10]}+"
    )


def test_products_that_need_each_other_are_named() -> None:
    sources = FakeSources()
    sources.add("a", "b")
    sources.add("b", "a")
    with pytest.raises(CycleError) as caught:
        arrange(found_by(sources, "a"))
    assert set(caught.value.members) == {"a", "b"}


def test_a_misspelt_ref_is_refused_with_the_one_meant() -> None:
    sources = diamond()
    sources.repositories["memory:alpha"].commit("", branch="tickets/DM-12345")
    found = found_by(sources, "gamma", refs=("tickets/DM-1234",))
    with pytest.raises(ProblemsError, match="refs that no repository has") as caught:
        check_refs([RefName("tickets/DM-1234"), RefName("zzz")], found.values())
    assert [problem.hint for problem in caught.value.problems] == ["did you mean `tickets/DM-12345`?", None]


def test_a_ref_that_an_earlier_one_hides_is_told_and_allowed() -> None:
    sources = diamond()
    repository = sources.repositories["memory:alpha"]
    repository.commit("", branch="first")
    repository.commit("", branch="second")
    refs = ("first", "second")
    found = found_by(sources, "gamma", refs=refs)
    assert check_refs([RefName(ref) for ref in refs], found.values()) == ("second",)


def test_a_manifest_row_says_what_was_prepared() -> None:
    products = arrange(found_by(diamond(), "gamma"))
    row = products[-1].manifest_product()
    assert (row.name, row.sha, row.version) == ("gamma", products[-1].ref.commit, products[-1].version)
    assert row.dependencies == ("delta", "beta")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), InterruptedWorkError("stopped")])
def test_an_interruption_is_passed_on(interruption: BaseException) -> None:
    sources = diamond()
    sources.interruption = interruption
    with pytest.raises(type(interruption)):
        found_by(sources, "gamma")


def test_an_interruption_while_checking_out_is_passed_on() -> None:
    sources = diamond()
    sources.repositories["memory:beta"].stopped = True
    with pytest.raises(InterruptedWorkError):
        problems_of(sources, "gamma")


def predicted_by(sources: FakeSources, product: str, *names: str, index: RepoIndex) -> Discovery:
    wanted = Wanted(
        products=(ProductName(product),), refs=(), flavor=Flavor("Linux64"), exclusions=ExclusionMap()
    )
    return discover(
        wanted,
        index,
        sources,
        reporter=SilentReporter(),
        jobs=1,
        predicted=tuple(ProductName(name) for name in names),
    )


def test_what_was_predicted_is_asked_once_and_at_once() -> None:
    sources = diamond()
    index = index_of("alpha", "beta", "delta", "gamma", "unrelated")
    discovery = predicted_by(sources, "gamma", "alpha", "beta", "delta", "gamma", index=index)
    assert list(discovery.products) == ["alpha", "beta", "delta", "gamma"]
    assert sources.obtained == ["gamma", "alpha", "beta", "delta"]


def test_a_wrong_prediction_does_no_harm() -> None:
    sources = diamond()
    sources.repositories["memory:unrelated"].dirty = True
    index = index_of("alpha", "beta", "delta", "gamma", "unrelated")
    discovery = predicted_by(sources, "gamma", "unrelated", "retired", "alpha", index=index)
    assert list(discovery.products) == list(discovery.sources) == ["alpha", "beta", "delta", "gamma"]


def test_nothing_is_checked_out_if_any_product_has_a_problem() -> None:
    sources = diamond()
    sources.repositories["memory:beta"].dirty = True
    problems_of(sources, "gamma")
    assert [one.checked_out for one in sources.repositories.values()] == [None] * 5


def test_problems_of_checking_out_are_reported_together() -> None:
    sources = diamond()
    for name in ("alpha", "beta"):
        sources.repositories[f"memory:{name}"].full = True
    assert problems_of(sources, "gamma") == [
        "`alpha`: no space left on the disk",
        "`beta`: no space left on the disk",
    ]
    assert sources.repositories["memory:gamma"].checked_out is not None


def test_misspelt_refs_and_cycles_are_reported_with_the_rest() -> None:
    sources = FakeSources()
    sources.add("top", "one", "bare")
    sources.add("one", "two")
    sources.add("two", "one")
    sources.add("bare", table=None)
    with pytest.raises(ProblemsError) as caught:
        found_by(sources, "top", refs=("tickets/DM-9",))
    told = [str(problem) for problem in caught.value.problems]
    assert [text.split(":")[0] for text in told] == [
        "`bare`, needed by `top`",
        "`tickets/DM-9` is no branch, tag or commit of any product",
        "the dependencies form a cycle",
    ]


def test_a_ref_that_an_unseen_repository_may_have_is_no_problem() -> None:
    sources = FakeSources()
    sources.add("top", "gone")
    with pytest.raises(ProblemsError) as caught:
        found_by(sources, "top", refs=("tickets/DM-9",), index=index_of("top", "gone"))
    assert len(caught.value.problems) == 1


def test_a_tag_of_a_tree_is_not_built() -> None:
    sources = FakeSources()
    repository = sources.add("top")
    repository.tags["odd"] = GitSha(TREE * 5)
    assert found_by(sources, "top", refs=("odd",))[ProductName("top")].ref.name == "main"


def manifest_of(found: dict[ProductName, FoundProduct]) -> BuildManifest:
    rows = tuple(product.manifest_product() for product in arrange(found))
    return BuildManifest(build=parse_build_id("b1"), products=rows)


def test_the_last_build_predicts_the_next() -> None:
    previous = manifest_of(found_by(diamond(), "gamma"))
    assert predict_products([ProductName("gamma")], previous) == ("alpha", "beta", "delta", "gamma")
    assert predict_products([ProductName("beta"), ProductName("new")], previous) == ("alpha", "beta")
    assert predict_products([ProductName("new")], previous) == ()
    assert predict_products([ProductName("gamma")], None) == ()
