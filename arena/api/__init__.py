"""REST resources of the arena: competitors, prompts, responses, battles and runs."""
