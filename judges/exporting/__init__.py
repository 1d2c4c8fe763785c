"""What judges said, as files: their games, the labels they are measured by, and the preferences that people or they give."""
