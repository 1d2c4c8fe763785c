"""What stands above and below a board's table, each part in a module."""
