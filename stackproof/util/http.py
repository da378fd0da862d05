"""HTTP by requests: past any proxy, and, where somebody else has chosen the address, to that address.

requests is imported by whoever makes a session: most runs need none.
"""

import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

Address = tuple[str, int]
"""Where a server is reached: an IP address or a name, and a port."""


def direct() -> "requests.Session":
    """A session that takes nothing from the environment: no proxy, no netrc, no certificates."""
    import requests

    session = requests.Session()
    session.trust_env = False
    return session


def pinned(address: Address, *, trusting: ssl.SSLContext | None = None) -> "requests.Session":
    """A direct session whose every request goes to one address; TLS and the ``Host`` header are for the name in the URL.

    ``trusting`` verifies the server. Without it nobody is verified: what is read is judged apart from who sent it.
    """
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.util.ssl_ import create_urllib3_context

    context = trusting or create_urllib3_context(
        cert_reqs=ssl.CERT_NONE
    )  # into its own urllib3 loads authorities that nobody asks

    class Pinned(HTTPAdapter):
        def build_connection_pool_key_attributes(self, *arguments: Any, **named: Any) -> Any:
            attributes: Any = super().build_connection_pool_key_attributes(*arguments, **named)
            where, how = attributes
            if where["scheme"] == "https":
                how |= {"server_hostname": where["host"], "ssl_context": context}
                how |= {"assert_hostname": where["host"]} if trusting else {}
            where["host"], where["port"] = address
            return where, how

        def add_headers(self, request: "requests.PreparedRequest", **_: Any) -> None:
            request.headers.setdefault("Host", urlsplit(request.url or "").netloc)

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # it is meant, where it is done
    session = direct()
    session.verify = trusting is not None
    for scheme in ("http://", "https://"):
        session.mount(scheme, Pinned())
    return session
