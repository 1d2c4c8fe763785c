"""Files of benchmarks: their questions, and what models answered."""
