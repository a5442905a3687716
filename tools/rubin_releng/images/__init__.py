"""OCI images of a stack."""
