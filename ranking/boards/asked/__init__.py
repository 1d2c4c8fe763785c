"""Boards that readers ask for: their definition, the prompts they count, the queue, and what is too little for one."""
