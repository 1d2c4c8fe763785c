"""Games: their texts and requests, rules that need no call, offline judges, and who may read games."""
