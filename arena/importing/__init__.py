"""Files -> evidence, in two passes.

Pass 1 (`checking.check`) reads the whole file and writes nothing; pass 2 (`loading.load`) inserts it in small transactions
and publishes it in one. `formats/` has one module for each file format.
"""
