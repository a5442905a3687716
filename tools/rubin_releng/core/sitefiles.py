"""Files that a site edits, as a new lsstsw folder gets them."""

from __future__ import annotations

__all__ = ["EXCLUSIONS", "REMAP"]

# Data products that are too large for packages; who needs one clones it.
_DATA = (
    *("afwdata", "ap_pipe_testdata", "ap_verify_ci_cosmos_pdr2", "ap_verify_ci_dc2"),
    *("ap_verify_ci_hits2015", "ap_verify_hits2015", "ap_verify_testdata", "ci_hsc"),
    *("descwl", "descwl_coadd", "descwl_shear_sims", "testdata_cfht", "testdata_ci_hsc"),
    *("testdata_ci_imsim", "testdata_deblender", "testdata_decam", "testdata_image_cutouts"),
    *("testdata_images", "testdata_jointcal", "testdata_latiss_cpp", "testdata_subaru"),
    *("validation_data_cfht", "validation_data_decam", "validation_data_hsc"),
)

REMAP = "".join(f"[create]{name:<25} None\n" for name in _DATA)
"""``etc/manifest.remap``: the data products that are not published."""

EXCLUSIONS = """\
# Optional products that are left out: a pattern for them, and one for what would use them.
cuda_toolkit            .*
cuda_sdk                .*
condor                  .*
"""
"""``etc/exclusions.txt``."""
