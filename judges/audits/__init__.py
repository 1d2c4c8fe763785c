"""What a judge is worth: its figures in an arena, the evidence behind them, and how they are kept up to date."""
