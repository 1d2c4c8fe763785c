"""Everything that leaves an arena as a file.

Each kind of rows is a table: a list of columns, who may read it, and its rows, some at a time. Tables know nothing of forms
(JSON lines, CSV, Parquet), nor forms of tables. Page, command and REST ask `registry` for tables and `forms` for forms, and the
columns are what the schema, the page and the files are made of. Other apps have tables of their own: `settings` names them all.
"""
