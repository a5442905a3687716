"""Reusable GitHub workflows: rendered from sources, checked, and run without GitHub."""
