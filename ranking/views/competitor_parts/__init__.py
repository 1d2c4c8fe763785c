"""The parts of a model's page, each with what it reads; a part without data is empty, and the page says so in a line."""
