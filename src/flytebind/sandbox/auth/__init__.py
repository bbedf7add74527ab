"""Authentication, for those who switch it on: tokens, who gives them out, and who asks for them."""

from flytebind.sandbox.auth.guard import Authentication, principal
from flytebind.sandbox.auth.oauth import AuthorizationServer
from flytebind.sandbox.auth.services import AuthMetadata, Identity
from flytebind.sandbox.auth.settings import AuthSettings
from flytebind.sandbox.auth.tokens import Tokens

__all__ = [
    "AuthMetadata",
    "AuthSettings",
    "Authentication",
    "AuthorizationServer",
    "Identity",
    "Tokens",
    "principal",
]
