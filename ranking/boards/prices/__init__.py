"""What models cost, how fast they answer, and which of them nothing beats in both that and rating."""
