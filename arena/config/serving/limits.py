"""How long a connection is waited for, and how much it may send: what the web server adds to waitress."""

HEAD_SECONDS = 5.0  # from the first byte of a request to the end of its headers
SLOWEST_BODY = 500  # bytes a second, on average, after the first seconds
SILENT_SECONDS = 15.0  # without a byte of a body, or with an answer that the client does not read
SLOWEST_READER = 500  # bytes a second of an answer, in each `SILENT_SECONDS`
KEPT_SECONDS = 75.0  # a connection without a request; longer than proxies keep theirs
MOST_OF_ONE, MOST_OF_ALL = 256, 1000  # connections that wait: of one address, and of all
MOST_BYTES = 1 << 30  # of a body; a form's own limit is lower, with a message on what to do
MOST_BYTES_OF_STRANGERS = 4 << 20  # requests without a session cannot fill the disk before the site has checked them
MOST_BYTES_OF_PROGRAMS = 64 << 20  # from whom a token comes: ten thousand answers in one request
LINGER_SECONDS = 2.0  # what still comes after a refusal is thrown away for so long: a reset would take the answer with it
GRACE_SECONDS = 10.0  # for what is under way when the server is told to stop
TEND_SECONDS = 0.5
