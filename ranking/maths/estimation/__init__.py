"""What all likelihood models share: existence of a maximum, Newton, fits, covariances."""
