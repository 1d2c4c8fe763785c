"""Delimiters around untrusted text, prompt injections in answers, and constant answers."""
