"""mitmproxy's check of the types in each request and response, made once for each combination of types.

It looks at nothing but types, for every message anew, which is a twentieth of a flow's cost.
"""

from mitmproxy.http import MessageData

from tapehead.mitm.patches import replace

_MARK = "_tapehead_checks"


def install() -> None:
    """Wraps the check, where Python runs it at all (not with -O). A second call does nothing."""
    check = getattr(MessageData, "__post_init__", None)
    if check is None or hasattr(MessageData, _MARK):
        return
    passed: set[tuple[type, ...]] = set()

    def check_once(self: MessageData) -> None:
        kinds = (type(self), *map(type, vars(self).values()))
        if kinds not in passed:
            check(self)
            passed.add(kinds)

    setattr(MessageData, _MARK, True)
    replace(MessageData, "__post_init__", check_once)
