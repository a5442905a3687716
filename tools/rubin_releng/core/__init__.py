"""Values and rules of releasing; the standard library only, no I/O."""
