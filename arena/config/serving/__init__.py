"""The web server, and the supervisor that runs it beside a worker."""
