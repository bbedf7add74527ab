"""What is to be registered: read, filled in, put in order and compared, all in memory."""
