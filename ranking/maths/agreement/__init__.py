"""Agreement and reliability of raters: kappa, alpha, ICC, rank correlation, Dawid-Skene."""
