"""The search behind votes to flip: what each comparison does to a difference, and refits without some of them."""
