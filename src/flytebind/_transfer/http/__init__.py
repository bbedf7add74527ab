"""HTTP with the settings of a connection: token endpoints, and files behind signed links.

``client`` has what others use. It is imported when the first request is made: it brings urllib3.
"""
