"""The statistics of an audit, from numbers alone."""
