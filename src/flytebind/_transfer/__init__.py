"""Bytes from and to elsewhere: HTTP, object stores, and the threads that wait for them."""
