"""Who calls REST: by a token or a session, with which scopes, and how often."""
