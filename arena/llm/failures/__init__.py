"""Server errors as typed failures: why there is no reply."""
