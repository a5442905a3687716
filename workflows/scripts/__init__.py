"""Helpers that steps of workflows run, and what they share; a rendered workflow holds their text."""
