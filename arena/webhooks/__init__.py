"""Word of what happens, to programs that asked for it: an event makes a row for each address, and workers send the rows."""
