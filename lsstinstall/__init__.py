"""Install the Rubin/LSST Science Pipelines: environment, products, set-up."""

__version__ = "0.1.0"
