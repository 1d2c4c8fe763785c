"""One small client for every language model: what is asked, what came back, what it cost, and why it failed."""
