"""Python runs this at its start, because its folder is on PYTHONPATH; then it runs the sitecustomize that was there before.

Knows which module of a client is patched by which file beside this one, and waits until the program imports the
former. Python >= 3.8. Not run under -I, -E and -S. Nothing here may hold a program up or break it.
"""

import os
import sys

_PATCHES = {
    "http.client": "_tapehead_http_client",
    "urllib.request": "_tapehead_urllib_request",
    "urllib3.poolmanager": "_tapehead_urllib3",
    "aiohttp.client": "_tapehead_aiohttp",
    "certifi.core": "_tapehead_certifi",
}


_HERE = os.path.dirname(os.path.abspath(__file__))
_START = {name: os.environ.get(name) for name in ("TAPEHEAD_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE")}
"""As they were: a test may have cleared the environment when a client is imported."""


class _Finder:
    """Finds what others find, and has a look when it was executed. Each module once."""

    def __init__(self):
        self.waiting = set(_PATCHES)
        self._asking = set()

    def find_spec(self, name, path=None, target=None):
        if name.startswith("_tapehead_"):  # what is on sys.path is the program's to change, and xdist's
            return _path_finder().find_spec(name, [_HERE])
        if name not in self.waiting or name in self._asking:
            self.tapehead_sweep()
            return None
        self._asking.add(name)
        try:
            for finder in sys.meta_path:
                find = None if finder is self else getattr(finder, "find_spec", None)
                spec = find(name, path, target) if find else None
                if spec is not None:
                    self._watch(spec.loader, name)
                    return spec
        finally:
            self._asking.discard(name)
        return None

    def tapehead_sweep(self):
        """Patches what came in by another finder that was asked first, as pytest's is for what -p names."""
        for name in tuple(self.waiting):
            module = sys.modules.get(name)
            spec = getattr(module, "__spec__", None) if isinstance(module, type(sys)) else None
            if spec is not None and not getattr(spec, "_initializing", False):
                self._patch(name, module, late=True)

    def _patch(self, name, module, late=False):
        if name not in self.waiting:
            return
        self.waiting.discard(name)
        try:
            if "_tapehead_route" not in sys.modules:
                __import__("_tapehead_route")
                sys.modules["_tapehead_route"].remember(_START)
            __import__(_PATCHES[name])
            patch = sys.modules[_PATCHES[name]]
            patch.patch(module)
            if late and hasattr(patch, "late"):
                patch.late(module)
        except Exception:  # noqa: S110  the program comes first
            pass

    def _watch(self, loader, name):
        """The loader stays who it is: resources, sources and pickles find it by its class."""
        execute = getattr(loader, "exec_module", None)

        def exec_module(module):
            try:
                del loader.exec_module
            except AttributeError:
                pass
            execute(module)
            self._patch(name, module)

        try:
            loader.exec_module = exec_module
        except Exception:  # noqa: S110  a loader without attributes: this module is seen when another is imported
            pass


def _path_finder():
    return sys.modules["_frozen_importlib_external"].PathFinder


def _chain():
    """What would have been imported without us."""
    rest = [entry for entry in sys.path if os.path.abspath(entry or ".") != _HERE]
    spec = _path_finder().find_spec("sitecustomize", rest)
    if spec is None or spec.loader is None:
        return
    module = type(sys)("sitecustomize")
    for name, value in (
        ("__spec__", spec),
        ("__loader__", spec.loader),
        ("__file__", spec.origin),
        ("__cached__", spec.cached),
    ):
        setattr(module, name, value)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if sys.version_info >= (3, 8) and _START["TAPEHEAD_PROXY"]:
    _finder = _Finder()
    _finder.tapehead_sweep()
    sys.meta_path.insert(0, _finder)
if __name__ == "sitecustomize" and sys.version_info >= (3,):  # Python's own start
    _chain()
