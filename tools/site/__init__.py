"""What the documentation is built from: the pages of docs/, and a reference made of docstrings."""
