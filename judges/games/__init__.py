"""One game: its texts, the request, rules that need no call, programs as judges, and who may read it."""
