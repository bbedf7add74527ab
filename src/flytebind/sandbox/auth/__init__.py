"""Authentication, for those who switch it on: tokens, who gives them out, and who asks for them."""

from flytebind.sandbox.auth._guard import Authentication, principal
from flytebind.sandbox.auth._oauth import AuthorizationServer
from flytebind.sandbox.auth._services import AuthMetadata, Identity
from flytebind.sandbox.auth._settings import AuthSettings
from flytebind.sandbox.auth._tokens import Tokens

__all__ = [
    "AuthMetadata",
    "AuthSettings",
    "Authentication",
    "AuthorizationServer",
    "Identity",
    "Tokens",
    "principal",
]
