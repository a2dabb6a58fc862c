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


def _patch(module):
    try:
        __import__(_PATCHES[module.__name__])
        sys.modules[_PATCHES[module.__name__]].patch(module)
    except Exception:  # noqa: S110  the program comes first
        pass


class _Finder:
    """Finds what others find, and has a look when it was executed. Each module once."""

    def __init__(self):
        self.waiting = set(_PATCHES)

    def find_spec(self, name, path=None, target=None):
        if name not in self.waiting:
            return None
        self.waiting.discard(name)
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                _watch(spec.loader)
                return spec
        self.waiting.add(name)
        return None


def _watch(loader):
    """The loader stays who it is: resources, sources and pickles find it by its class."""
    execute = getattr(loader, "exec_module", None)

    def exec_module(module):
        try:
            del loader.exec_module
        except AttributeError:
            pass
        execute(module)
        _patch(module)

    try:
        loader.exec_module = exec_module
    except Exception:  # noqa: S110  a loader without attributes: this module stays as it is
        pass


def _chain():
    """What would have been imported without us."""
    here = os.path.dirname(os.path.abspath(__file__))
    rest = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    finder = sys.modules["_frozen_importlib_external"].PathFinder
    spec = finder.find_spec("sitecustomize", rest)
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


if sys.version_info >= (3, 8) and os.environ.get("TAPEHEAD_PROXY"):
    _finder = _Finder()
    for _name in list(_finder.waiting):
        if _name in sys.modules:
            _finder.waiting.discard(_name)
            _patch(sys.modules[_name])
    sys.meta_path.insert(0, _finder)
if __name__ == "sitecustomize" and sys.version_info >= (3,):  # Python's own start
    _chain()
