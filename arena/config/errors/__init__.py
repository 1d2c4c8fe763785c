"""Faults as people meet them: pages, a database or broker that is away, commands."""
