"""One small client for every language model: request, reply, cost and failures."""
