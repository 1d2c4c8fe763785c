"""English; other languages keep their own."""
