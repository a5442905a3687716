"""Fakes and real adapters offer what the work rooms ask for."""

from __future__ import annotations

import pytest

from lsstinstall.adapters.eupscommand import EupsCommand
from lsstinstall.adapters.folders import FolderPkgroot
from lsstinstall.adapters.http import PkgrootReader
from lsstinstall.adapters.productstores import DiskInstalledFiles, DiskProductStore
from lsstinstall.adapters.web import WebPkgroot
from lsstinstall.install import ports
from tests.support.packages import FakePackageFiles, FakeProductStore, FakeSourceInstaller


@pytest.mark.parametrize(
    ("port", "implementation"),
    [
        (ports.PackageFiles, FakePackageFiles),
        (ports.PackageFiles, FolderPkgroot),
        (ports.PackageFiles, WebPkgroot),
        (PkgrootReader, FakePackageFiles),
        (PkgrootReader, FolderPkgroot),
        (PkgrootReader, WebPkgroot),
        (ports.ProductStore, FakeProductStore),
        (ports.ProductStore, DiskProductStore),
        (ports.SourceInstaller, FakeSourceInstaller),
        (ports.SourceInstaller, EupsCommand),
        (ports.InstalledFiles, DiskInstalledFiles),
    ],
)
def test_an_implementation_has_everything_its_port_names(port: type, implementation: type) -> None:
    wanted = {name for name in vars(port) if not name.startswith("_")}
    assert wanted <= set(dir(implementation))
