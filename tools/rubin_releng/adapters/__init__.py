"""The systems a release manager deals with, one a module."""
