"""The `lsstinstall` command line."""
