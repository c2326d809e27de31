"""What a page may weigh and must say: the limits that executed notebooks and built pages are held to."""

PAGE_BYTES = 1_500_000  # over the wire, everything that a page shows
CODE_BYTES = 250_000  # over the wire, scripts and stylesheets
FIGURE_BYTES = 120_000  # one picture
ALT_LENGTH = 20  # characters of an alternative text
