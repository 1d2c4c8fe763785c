"""The sample arena that ships with Agon: prompts, competitors and answers, written or generated for the project.

Prompts, references, verifiers and the handwritten answers are the project's own and under its licence, Apache-2.0.
The other answers are unedited outputs of SmolLM2-135M-Instruct by Hugging Face (Apache-2.0), made by
``manage.py generate_sample_answers``. The votes are simulated (``arena.sample.votes``): no person cast them, and every
page that shows them says so.
"""
