"""Data that the program reads: pinned defaults, and the load script."""
