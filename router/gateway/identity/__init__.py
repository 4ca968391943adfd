"""Who calls: client tokens verified by a JSON Web Key Set, sessions looked up, a signed identity for subgraphs.

Only the router takes client credentials, and only here. Without configuration none of this runs and everybody is
``ANONYMOUS``.

In order of control flow:

- ``caller``: the record of who calls
- ``provider``: what the stages ask; the answer of a router that knows nobody
- ``keys``: the key set, from a file or a URL, fetched again when an unknown key appears
- ``tokens``: verifying an access token (RFC 7519, RFC 8725)
- ``sessions``: whether the token's session is still alive
- ``forwarding``: the short-lived token that subgraphs are sent
- ``service``: the above as the provider that is configured
"""

from router.gateway.identity.caller import ANONYMOUS, Caller
from router.gateway.identity.provider import Identity, identity_provider

__all__ = ["ANONYMOUS", "Caller", "Identity", "identity_provider"]
