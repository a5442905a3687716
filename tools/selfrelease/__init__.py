"""How this project itself is released: fragments to change log, version, one commit, checks of its tag."""
