"""The two wire formats: requests as OpenAI and Anthropic take them, and replies as servers give them."""
