"""Evaluation of judges: figures per arena, the evidence behind them, and how they are kept up to date."""
