"""What descriptors cannot know: read from TOML, and fitted to a package."""
