"""The statements of a vote, each written once: SQL that is compiled once and tested against the queryset it stands for."""
