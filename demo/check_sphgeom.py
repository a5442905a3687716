"""Compute on the sphere with the installed stack; prints JSON. Run by the demo, not in its environment."""

from __future__ import annotations

import json

import lsst.daf.butler
from lsst.sphgeom import Angle, Circle, HtmPixelization, LonLat, UnitVector3d


def main() -> None:
    """Print the area of a hemisphere, an angle, and the trixel of a point."""
    point = UnitVector3d(LonLat.fromDegrees(10.0, -20.0))
    pixelization = HtmPixelization(7)
    index = pixelization.index(point)
    result = {
        "hemisphere": Circle(UnitVector3d.X(), Angle.fromDegrees(90.0)).getArea(),
        "x_to_y": UnitVector3d.X().dot(UnitVector3d.Y()),
        "trixel": pixelization.asString(index),
        "trixel_holds_point": pixelization.pixel(index).contains(point),
        "butler": lsst.daf.butler.__file__,
        "universe": lsst.daf.butler.DimensionUniverse().version,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
