"""What EUPS reads when lsstinstall has it build a product: which tags are set is decided by lsstinstall."""

import importlib
import sys

if sys.argv[1:3] == ["distrib", "install"]:
    # Reads every tag list of every server, for each product anew.
    importlib.import_module("eups.distrib").Repositories._updateServerTags = lambda *_, **__: None  # noqa: SLF001
