"""Steps 3 to 5: the schema as text, the text formatted, the files on disk."""
