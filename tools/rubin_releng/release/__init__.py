"""The flow of a release, from plan to verified document."""
