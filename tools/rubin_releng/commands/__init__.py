"""The `rubin-releng` and `lsstsw` command lines."""
