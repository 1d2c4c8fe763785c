"""Agon's first room: who meets whom, and what people said. No statistics, no judging."""

VERSION = "0.1.0"
