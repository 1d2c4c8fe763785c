"""From the text of a reply to a label. Pure."""
