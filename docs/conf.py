"""How the manual is built; the reference part is generated from the code."""

from lsstinstall import __version__

project = "lsstinstall"
copyright = "2026, the lsstinstall developers"  # noqa: A001
version = release = __version__
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
]
_OUTER = [f"reference/generated/{package}/{package}.rst" for package in ("lsstinstall", "rubin_releng")]
exclude_patterns = ["_build", "reference/generated/*/modules.rst", *_OUTER]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# The values and formats; how the work is done is no interface.
_INNER = (
    "adapters",
    "commands",
    "install",
    "changelog",
    "environments",
    "images",
    "release",
    "stack",
    "workflows",
    "data",
)
apidoc_modules = [
    {
        "path": path,
        "destination": f"reference/generated/{package}",
        "separate_modules": True,
        "automodule_options": {"members", "show-inheritance"},
        "exclude_patterns": [f"{path}/{room}" for room in _INNER] + [f"{path}/__main__.py"],
    }
    for package, path in (("lsstinstall", "../lsstinstall"), ("rubin_releng", "../tools/rubin_releng"))
]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": True}
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_title = f"lsstinstall {__version__}"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": True,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
}
