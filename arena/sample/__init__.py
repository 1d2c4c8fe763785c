"""The sample arenas that ship with Agon.

The sample arena: its prompts, references, verifiers and the answers in ``prompts/`` are the project's own, written for it, and
under its licence, Apache-2.0. The answers in ``responses/`` are unedited outputs of SmolLM2-135M-Instruct by Hugging Face
(Apache-2.0), made by ``manage.py generate_sample_answers``. Its votes are simulated (``arena.sample.votes``): no person cast
them, and every page that shows them says so.

The LLMFAO arena: real votes of people on real models (``llmfao/SOURCE.md``), without the texts that they saw.
"""
