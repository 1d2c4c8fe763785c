"""A file from its bytes to typed rows, with what is wrong in it and where."""
