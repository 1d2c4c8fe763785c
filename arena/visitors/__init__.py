"""Who a visitor is, and rate limits."""
