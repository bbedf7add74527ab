"""The servers and certificates that tests of HTTP have."""

from tests.transfer.http.conftest import ca, ca_file, no_proxy_of_this_machine, serve

__all__ = ["ca", "ca_file", "no_proxy_of_this_machine", "serve"]
