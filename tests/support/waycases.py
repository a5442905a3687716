"""Installations in which EUPS's rules show, one at a time."""

from __future__ import annotations

from tests.support.eupsways import WayCase, WayServer

__all__ = ["WAY_CASES"]

_AFW: dict[str, list[str]] = {"utils 1": [], "afw 1": ["utils 1"]}
_TAGGED = {"w_2026_10": ["utils 1", "afw 1"]}


def _placed(directory: str) -> dict[str, str | None]:
    """Write a manifest by which `afw` is installed elsewhere."""
    title = "EUPS distribution manifest for afw (1). Version 1.0"
    row = f"afw Linux64 1 none {directory} afw-1@Linux64.tar.gz"
    return {"manifests/afw-1@Linux64.manifest": f"{title}\n{row}\n"}


def _case(
    name: str,
    servers: dict[str, WayServer],
    *commands: str,
    differs: str = "",
    works: bool = True,
    **remaps: str,
) -> WayCase:
    return WayCase(
        name=name,
        servers=servers,
        commands=tuple(tuple(command.split()) for command in commands),
        remaps=remaps,
        differs=differs,
        works=works,
    )


WAY_CASES = (
    _case(
        "a tag fixes the version of everything",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
    ),
    _case(
        "the server that names the version has to have the manifest",
        {"a": WayServer(products={"utils 1": []}, tags=_TAGGED), "b": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
    ),
    _case(
        "the first server that names a product fixes its version",
        {
            "a": WayServer(products={"afw 1": []}, tags={"w_2026_10": ["afw 1"]}),
            "b": WayServer(products={"afw 2": []}, tags={"w_2026_10": ["afw 2"]}),
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "packages come from the first server where only the second one knows the tag",
        {"a": WayServer(products=_AFW), "b": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
    ),
    _case(
        "each package comes from the first server that has it",
        {"a": WayServer(products={"afw 1": []}), "b": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
    ),
    _case(
        "a version is looked for on all servers",
        {"a": WayServer(products={"utils 1": []}), "b": WayServer(products=_AFW, tags=_TAGGED)},
        "afw 1",
    ),
    _case(
        "what is asked for by version gets the tag that the server does not give it",
        {"a": WayServer(products=_AFW, tags={"w_2026_10": ["utils 1"]})},
        "-t w_2026_10 afw 1",
    ),
    _case(
        "a version may be asked for with its tag",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw 1",
    ),
    _case(
        "what is asked for by version gets a tag that no server knows",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_11 afw 1",
        differs="EUPS assigns the tag but does not register it, so that nobody can use it",
    ),
    _case(
        "what is asked for by version gets the tag of another version",
        {"a": WayServer(products={**_AFW, "afw 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw 2",
        differs="EUPS assigns the tag but does not register it, so that nobody can use it",
    ),
    _case(
        "only the tag is set with -U",
        {"a": WayServer(products=_AFW, tags={**_TAGGED, "d_2026_03_01": ["afw 1"]})},
        "-U -t w_2026_10 afw",
    ),
    _case(
        "what is asked for by version gets the tag with -U",
        {"a": WayServer(products=_AFW, tags={"w_2026_10": ["utils 1"]})},
        "-U -t w_2026_10 afw 1",
    ),
    _case(
        "with -U a server need not know the tag",
        {
            "a": WayServer(products=_AFW, tags={"d_2026_03_01": ["afw 1"]}),
            "b": WayServer(products=_AFW, tags=_TAGGED),
        },
        "-U -t w_2026_10 afw",
        differs="EUPS breaks down after the first product",
    ),
    _case(
        "without a tag -U means nothing",
        {"a": WayServer(products=_AFW, tags={**_TAGGED, "d_2026_03_01": ["afw 1"]})},
        "-U afw 1",
    ),
    _case(
        "all tags of all servers are set",
        {
            "a": WayServer(products=_AFW, tags={**_TAGGED, "d_2026_03_01": ["afw 1"], "current": ["afw 1"]}),
            "b": WayServer(
                products=_AFW,
                tags={"b1": ["afw 1"], "odd-name": ["utils 1"], "odd": ["utils 1"], "v1_0": ["afw 2"]},
            ),
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "without tag and version the current one is installed",
        {"a": WayServer(products=_AFW, tags={"current": ["afw 1"]})},
        "afw",
    ),
    _case(
        "the stable one is not good enough",
        {"a": WayServer(products=_AFW, tags={"stable": ["afw 1"], "w_2026_10": ["afw 1"]})},
        "afw",
    ),
    _case(
        "without a current one something has to be said", {"a": WayServer(products=_AFW, tags=_TAGGED)}, "afw"
    ),
    _case("a tag may have any name", {"a": WayServer(products=_AFW, tags={"odd": ["afw 1"]})}, "-t odd afw"),
    _case(
        "a tag may have a hyphen", {"a": WayServer(products=_AFW, tags={"odd-1": ["afw 1"]})}, "-t odd-1 afw"
    ),
    _case(
        "the current one may be asked for and is not made current",
        {"a": WayServer(products={**_AFW, "afw 2": []}, tags={"current": ["afw 2"], "w_2026_10": ["afw 1"]})},
        "-t w_2026_10 afw",
        "-t current afw",
    ),
    _case(
        "with -C what the server calls current is made current",
        {
            "a": WayServer(
                products={**_AFW, "afw 2": []},
                tags={"current": ["afw 2"], "w_2026_10": ["afw 1"], "d_2026_03_01": ["afw 2"]},
            )
        },
        "-t w_2026_10 afw",
        "-C -t d_2026_03_01 afw",
    ),
    _case(
        "the latest one is the highest version",
        {"a": WayServer(products={**_AFW, "afw 2": []}, tags=_TAGGED)},
        "-t latest afw",
        differs="versions that are git hashes have no order",
        works=False,
    ),
    _case(
        "a tag moves from version to version",
        {
            "a": WayServer(
                products={**_AFW, "afw 2": []},
                tags={"w_latest": ["afw 2"], "w_2026_10": ["afw 1"], "x": ["afw 1"]},
            )
        },
        "-t w_2026_10 afw",
        "-t w_latest afw",
        "-t x afw",
    ),
    _case(
        "a row without an id is followed",
        {
            "a": WayServer(
                products={"base 1": [], "utils 1": ["base 1"], "afw 1": ["utils 1 search"]}, tags=_TAGGED
            )
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "a row without an id is followed to other servers",
        {
            "a": WayServer(products={"afw 1": ["utils 1 search"]}, tags=_TAGGED),
            "b": WayServer(products={"base 1": [], "utils 1": ["base 1"]}),
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "a row without an id has to be somewhere",
        {"a": WayServer(products={"afw 1": ["utils 1 search"]}, tags=_TAGGED)},
        "-t w_2026_10 afw",
    ),
    _case(
        "a row that says so is followed",
        {
            "a": WayServer(
                products={
                    "base 1": [],
                    "utils 1": ["base 1"],
                    "afw 1": ["utils 1 utils-1@Linux64.tar.gz no TRUE"],
                },
                tags=_TAGGED,
            )
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "an optional row is not optional",
        {"a": WayServer(products={"afw 1": ["utils 1 utils-1@Linux64.tar.gz OPTIONAL"]}, tags=_TAGGED)},
        "-t w_2026_10 afw",
    ),
    _case(
        "other rows are not followed",
        {"a": WayServer(products={"base 1": [], "utils 1": ["base 1"], "afw 1": ["utils 1"]}, tags=_TAGGED)},
        "-t w_2026_10 afw",
    ),
    _case(
        "two versions of a product may be needed",
        {
            "a": WayServer(
                products={
                    "utils 1": [],
                    "utils 2": [],
                    "mid 1": ["utils 2"],
                    "afw 1": ["utils 1", "mid 1 search"],
                },
                tags=_TAGGED,
            )
        },
        "-t w_2026_10 afw",
        differs="one run installs one version of a product",
        works=False,
    ),
    _case(
        "a line names another version, which brings what it needs",
        {"a": WayServer(products={**_AFW, "base 1": [], "utils 2": ["base 1"]}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2\n",
    ),
    _case(
        "a line for one version",
        {"a": WayServer(products={**_AFW, "utils 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:1 2\n",
    ),
    _case(
        "a line for another version",
        {"a": WayServer(products={**_AFW, "utils 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:3 2\n",
    ),
    _case(
        "a line names another product",
        {"a": WayServer(products={**_AFW, "other 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils other:2\n",
    ),
    _case(
        "lines are applied one after the other",
        {"a": WayServer(products={**_AFW, "utils 2": [], "utils 3": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:1 2\nutils:2 3\n",
    ),
    _case(
        "a line drops a product",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils\n",
    ),
    _case(
        "a line drops a product with a word",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils None\n",
    ),
    _case(
        "a line drops a version",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:1 None\n",
    ),
    _case(
        "a line that drops another version drops them all",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:7 None\n",
    ),
    _case(
        "a line that drops is lost beside one that replaces",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:7 8\nutils None\n",
    ),
    _case(
        "a line that drops a version is lost beside one that replaces",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:7 8\nutils:1 None\n",
    ),
    _case(
        "the first of two lines for a version counts",
        {"a": WayServer(products={**_AFW, "utils 8": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:1 8\nutils:1 None\n",
    ),
    _case(
        "a line drops what was asked for",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="afw None\n",
    ),
    _case(
        "a line names another version of what was asked for",
        {"a": WayServer(products={**_AFW, "afw 2": ["utils 1"]}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="afw 2\n",
    ),
    _case(
        "a line makes a dummy",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils dummy\n",
    ),
    _case(
        "a line makes a dummy of another name",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils other:dummy\n",
    ),
    _case(
        "a line for creation acts at installation",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="[create]utils None\n",
    ),
    _case(
        "a line with any prefix acts",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="[whatever] utils None\n",
        differs="a slip of the pen is told",
        works=False,
    ),
    _case(
        "a line for the flavor",
        {"a": WayServer(products={**_AFW, "utils 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2 Linux64\n",
    ),
    _case(
        "a line for another flavor",
        {"a": WayServer(products={**_AFW, "utils 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2 DarwinX86\n",
    ),
    _case(
        "a line for the generic flavor is for all",
        {"a": WayServer(products={**_AFW, "utils 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2 generic\n",
    ),
    _case(
        "a line for the flavor beside one for all",
        {"a": WayServer(products={**_AFW, "utils 2": [], "utils 3": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2\nutils 3 Linux64\n",
        differs="EUPS goes round in circles until it breaks down",
    ),
    _case(
        "a line that drops for the flavor beside one for all",
        {"a": WayServer(products={**_AFW, "utils 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2\nutils None Linux64\n",
    ),
    _case(
        "a line for the flavor counts before one for the version",
        {"a": WayServer(products={**_AFW, "utils 2": [], "utils 3": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils:1 2\nutils 3 Linux64\n",
    ),
    _case(
        "the first of two lines counts",
        {"a": WayServer(products={**_AFW, "utils 2": [], "utils 3": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2\nutils 3\n",
    ),
    _case(
        "the stack's lines count before the user's",
        {"a": WayServer(products={**_AFW, "utils 2": [], "utils 3": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2\n",
        user="utils 3\n",
    ),
    _case(
        "the user has lines, too",
        {"a": WayServer(products={**_AFW, "utils 2": [], "utils 3": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        user="utils 3\n",
    ),
    _case(
        "the lines of EUPS's own site count before the stack's",
        {"a": WayServer(products={**_AFW, "utils 2": [], "utils 3": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2\n",
        EUPS="utils 3\n",
    ),
    _case(
        "a product may be installed that is not to be reinstalled",
        {"a": WayServer(products=_AFW, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils noReinstall\n",
    ),
    _case(
        "a vague line does not keep tags away",
        {"a": WayServer(products=_AFW, tags={**_TAGGED})},
        "-t w_2026_10 utils",
        "afw 1",
        stack="utils noReinstall\n",
    ),
    _case(
        "an exact line keeps tags away",
        {"a": WayServer(products=_AFW, tags={"w_2026_10": ["utils 1"], "w_2026_11": ["afw 1", "utils 1"]})},
        "-U -t w_2026_10 utils",
        "-t w_2026_11 afw",
        stack="utils:1 noReinstall Linux64\n",
    ),
    _case(
        "a line without a version does not keep tags away",
        {"a": WayServer(products=_AFW, tags={"w_2026_10": ["utils 1"], "w_2026_11": ["afw 1", "utils 1"]})},
        "-U -t w_2026_10 utils",
        "-t w_2026_11 afw",
        stack="utils noReinstall Linux64\n",
    ),
    _case(
        "a line may have a fourth column",
        {"a": WayServer(products={**_AFW, "utils 2": []}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        stack="utils 2 Linux64 more\n",
        differs="a slip of the pen is told",
        works=False,
    ),
    _case(
        "rows of another flavor are passed over",
        {
            "a": WayServer(
                products={**_AFW, "afw 2": []}, tags={"w_2026_10": ["afw 2 DarwinX86", "afw 1 generic"]}
            )
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "the last row of a product counts",
        {
            "a": WayServer(
                products={**_AFW, "afw 2": []}, tags={"w_2026_10": ["afw 2 Linux64", "afw 1 generic"]}
            )
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "the last row of a product counts for the flavor, too",
        {
            "a": WayServer(
                products={**_AFW, "afw 2": []}, tags={"w_2026_10": ["afw 1 generic", "afw 2 Linux64"]}
            )
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "a list under the name of another tag is wrong",
        {
            "a": WayServer(
                products=_AFW,
                tags=_TAGGED,
                files={
                    "w_2026_10.list": "EUPS distribution w_2026_11 version list. Version 1.0\nafw generic 1\n"
                },
            )
        },
        "-t w_2026_10 afw",
    ),
    _case(
        "a broken list of another tag costs the tags of its server",
        {
            "a": WayServer(
                products=_AFW,
                tags={**_TAGGED, "x": []},
                files={"x.list": "EUPS distribution y version list. Version 1.0\nafw generic 1\n"},
            )
        },
        "-t w_2026_10 afw",
        differs="the other tags can be set all the same",
    ),
    _case(
        "manifests may be generic",
        {"a": WayServer(products=_AFW, tags=_TAGGED, generic=True)},
        "-t w_2026_10 afw",
    ),
    _case(
        "what is installed already is tagged",
        {"a": WayServer(products=_AFW, tags={**_TAGGED, "d_2026_03_01": ["afw 1"]})},
        "-U -t w_2026_10 afw",
        "-U -t d_2026_03_01 afw",
    ),
    _case(
        "the first version of a product becomes current",
        {
            "a": WayServer(
                products={**_AFW, "afw 2": ["utils 1"]},
                tags={"w_2026_10": ["afw 1", "utils 1"], "w_2026_11": ["afw 2", "utils 1"]},
            )
        },
        "-t w_2026_10 afw",
        "-t w_2026_11 afw",
    ),
    _case(
        "manifests may send each other round in circles",
        {"a": WayServer(products={"utils 1": ["afw 1 search"], "afw 1": ["utils 1 search"]}, tags=_TAGGED)},
        "-t w_2026_10 afw",
        differs="EUPS goes round in circles until it breaks down",
    ),
    _case(
        "a tarball whose product should lie nowhere is unpacked all the same",
        {"a": WayServer(products=_AFW, tags=_TAGGED, files=_placed("none"))},
        "-t w_2026_10 afw",
    ),
    _case(
        "a product may lie deeper than its tarball says",
        {"a": WayServer(products=_AFW, tags=_TAGGED, files=_placed("base/afw/1"))},
        "-t w_2026_10 afw",
    ),
    _case("a product may be missing", {"a": WayServer(products=_AFW, tags=_TAGGED)}, "-t w_2026_10 nothing"),
    _case("a tag may be missing", {"a": WayServer(products=_AFW, tags=_TAGGED)}, "-t w_2026_11 afw"),
)
