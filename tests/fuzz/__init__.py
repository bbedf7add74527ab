"""What strangers send, tried at random: ``python -m tests.fuzz``."""
