"""Webhooks: an event makes a row for each address that asked for it, and workers send the rows."""
