"""A whole arena in one file, and back.

    rows -> lines (`writing`)  -> FILE.zip -> members, checked line by line (`checking`) -> rows in one transaction (`loading`)

A file is a zip with `manifest.json` and one member of JSON lines for each kind of row (`kinds`). Rows have no numbers in it: a
row is called by the line that it stands on, counted from 1, so that the file tells nothing of the site that it comes from.
Accounts, tokens, keys and addresses of people are no kinds, so they are not in it.
"""
