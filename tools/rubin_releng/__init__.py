"""Build, publish and release the Rubin/LSST Science Pipelines."""
