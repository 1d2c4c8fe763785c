"""Stored outputs of other projects' judges as games of an imported judge: read as their sources read them, scored by nobody."""
