"""How we come to web servers: certificates, proxies, logins, connections.

Proxies and logins come from where every program has them: ``HTTP_PROXY``,
``HTTPS_PROXY``, ``NO_PROXY``, ``~/.netrc`` or the file that ``NETRC`` names.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter

from lsstinstall import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["open_session"]


def open_session(*, connections: int, environ: Mapping[str, str] = os.environ) -> requests.Session:
    """Make what sends requests.

    Parameters
    ----------
    connections : `int`
        How many are kept open to a server.
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``SSL_CERT_FILE`` is read, which other programs know; requests itself
        reads ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE`` and those for proxies
        from the environment of the process.

    Returns
    -------
    session : `requests.Session`
        May be used by several threads.
    """
    session = requests.Session()
    # Sizes and ranges are of the stored file, so it may not be packed for the way.
    session.headers.update({"User-Agent": f"lsstinstall/{__version__}", "Accept-Encoding": "identity"})
    adapter = HTTPAdapter(pool_connections=connections, pool_maxsize=connections)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    if bundle := environ.get("SSL_CERT_FILE"):
        session.verify = bundle
    return session
