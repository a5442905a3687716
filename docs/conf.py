"""How the manual is built; the reference part is generated from the code."""

from lsstinstall import __version__

project = "lsstinstall"
copyright = "2026, the lsstinstall developers"  # noqa: A001
version = release = __version__
language = "en"

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx_click",
]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

apidoc_modules = [
    {
        "path": "../lsstinstall/core",
        "destination": "reference/generated/lsstinstall",
        "separate_modules": True,
        "no_headings": False,
    },
    {
        "path": "../tools/rubin_releng/core",
        "destination": "reference/generated/rubin_releng",
        "separate_modules": True,
        "no_headings": False,
    },
]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": True}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
# A value's parameters are its attributes, so listing both says everything twice.
numpydoc_attributes_as_param_list = False

html_theme = "pydata_sphinx_theme"
html_title = f"lsstinstall {__version__}"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": True,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
}
