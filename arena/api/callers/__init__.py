"""Callers of the REST interface: authentication by token or session, scopes, and rate limits."""
