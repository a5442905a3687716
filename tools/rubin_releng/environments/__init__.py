"""rubin-env: recipes, builds, solves, locks."""
