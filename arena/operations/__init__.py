"""Running a site: backup and restore, readiness, metrics, one-time login."""
