"""Starting a run in the browser: its form, step by step, then the estimate, then the start."""
