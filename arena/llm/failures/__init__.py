"""Why there is no reply: what servers say went wrong, as typed failures."""
