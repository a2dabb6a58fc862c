"""Who else waits for the flows of a master: then requests are answered by way of them, and not in the lane.

Knows which of mitmproxy's own addons do something with a flow, and by which of its options they begin to.
"""

from collections.abc import Iterator

from mitmproxy import master, optmanager
from mitmproxy.addonmanager import traverse

_HOOKS = ("requestheaders", "request", "responseheaders", "response", "error")
_OURS = "tapehead."
_THEIRS = "mitmproxy.addons."
# What makes mitmproxy's own addons look at flows (12.2, `mitmproxy.addons.default_addons`, and those of mitmdump).
_OPTIONS = (
    "anticache",
    "anticomp",
    "block_list",
    "client_replay",
    "dumper_filter",
    "flow_detail",
    "hardump",
    "intercept",
    "map_local",
    "map_remote",
    "modify_body",
    "modify_headers",
    "proxyauth",
    "save_stream_file",
    "server_replay",
    "stickyauth",
    "stickycookie",
)
_LISTS = ("view",)
_TLS = (
    "add_upstream_certs_to_client_chain",
    "allow_hosts",
    "certs",
    "ciphers_client",
    "emudhra",
    "emudhra_old",
    "ignore_hosts",
    "request_client_cert",
    "tcp_hosts",
    "tls_ecdh_curve_client",
    "tls_version_client_max",
    "tls_version_client_min",
)
"""By these a client is met in another way (12.3, `mitmproxy.addons.tlsconfig` and `next_layer`)."""


def who_waits(of: master.Master) -> str | None:
    """Returns who waits for the flows of a master: an option, or an addon; None where nobody does."""
    return next(_who(of), None)


def is_plain_tls(options: optmanager.OptManager) -> bool:
    """Returns whether clients are met as without any option."""
    return not any(name in options and options.has_changed(name) for name in _TLS)


def _who(of: master.Master) -> Iterator[str]:
    options = of.options
    for name in _OPTIONS:
        if name in options and getattr(options, name) and (name != "flow_detail" or options.has_changed(name)):
            yield f"the option {name}"
    for addon in traverse(of.addons.chain):
        module = type(addon).__module__
        name = getattr(addon, "name", "") or type(addon).__name__
        if module.startswith(_THEIRS):
            if type(addon).__name__.lower() in _LISTS:
                yield "the list of flows"
        elif not module.startswith(_OURS) and any(callable(getattr(addon, hook, None)) for hook in _HOOKS):
            yield f"the addon {name}"
