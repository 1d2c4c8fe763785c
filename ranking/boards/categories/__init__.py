"""Boards over several categories: fitted one by one and weighed, or one that leans on all the others."""
