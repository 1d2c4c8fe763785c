"""The sections of an audit, in the order of its page."""

SECTIONS = (
    ("people", "Agreement with people and gold labels"),
    ("gold", "Against gold labels"),
    ("labels", "Against gold labels with ties"),
    ("position", "Position"),
    ("leniency", "Leniency"),
    ("looks", "Looks"),
    ("own", "Its own family"),
    ("calibration", "Calibration"),
    ("scores", "Scores"),
    ("board", "Order of the board"),
    ("transitivity", "Transitivity"),
    ("marks", "Answers that seem to speak to their judge"),
)
