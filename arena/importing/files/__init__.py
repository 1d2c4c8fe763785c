"""From a file's bytes to typed rows, with what is wrong in it and where."""
