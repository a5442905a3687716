"""The world outside, one system a module."""
