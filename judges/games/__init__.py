"""Games: texts, requests, rules that need no call, programs as judges, and who may read them."""
