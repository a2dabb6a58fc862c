"""mitmproxy's modules without the forty addons that importing any one of them brings along: 400 of 450 ms.

Imported before anything that imports `mitmproxy.addons`, it puts a package in that place which runs its own start-up code
only when something is asked of it. What is imported by its full name (`mitmproxy.addons.proxyserver`) is as ever.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

from tapehead.mitm.patch_checks import PatchError, left_out
from tapehead.mitm.patches import replace

_NAME = "mitmproxy.addons"


class _LazyPackage(ModuleType):
    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if name.startswith("__") or spec is None or spec.loader is None:
            raise AttributeError(name)
        if importlib.util.find_spec(f"{_NAME}.{name}"):  # `from mitmproxy.addons import NAME`
            return importlib.import_module(f"{_NAME}.{name}")
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        return getattr(self, name)


def _install() -> None:
    if _NAME in sys.modules or _is_left_out():
        return
    spec = importlib.util.find_spec(_NAME)
    assert spec is not None
    package = _LazyPackage(_NAME)
    package.__spec__ = spec
    package.__path__ = list(spec.submodule_search_locations or ())
    package.__package__ = _NAME
    package.__file__ = spec.origin
    sys.modules[_NAME] = package
    parent, _, attribute = _NAME.rpartition(".")
    assert attribute == "addons"
    replace(importlib.import_module(parent), "addons", package)


def _is_left_out() -> bool:
    try:
        return "lazy-addons" in left_out()
    except PatchError:  # told by who starts the proxy
        return False


_install()
