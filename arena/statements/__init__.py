"""The statements of a vote, each written once: SQL that is compiled one time and held to the queryset it stands for."""
