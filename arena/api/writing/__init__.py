"""What programs may write: arenas, prompts, answers, battles, votes and runs, by POST."""
