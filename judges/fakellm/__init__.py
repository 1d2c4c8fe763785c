"""A language model that is none: it speaks both wire formats on loopback and does what a script says.

The demo's remote judge and the tests' truth. Whatever it says depends on the script's seed and on what it is asked alone,
so that the same run twice is the same run.
"""
