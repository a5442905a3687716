"""Values and text formats of the stack; the standard library only, no I/O."""
