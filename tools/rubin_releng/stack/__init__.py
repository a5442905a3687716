"""From git repositories to a published build."""
