"""What `sitecustomize` does for a program that is started under the proxy, for one that runs already: this process."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent / "injected" / "sitecustomize"
_NAME = "tapehead_sitecustomize"


def activate() -> None:
    """Makes clients that ignore the environment use the proxy that it names, those that are imported already as well."""
    if sweep := _sweep():  # it was done at the start, or before
        sweep()
        return
    if _NAME in sys.modules or str(_FOLDER) in sys.path:
        return
    spec = importlib.util.spec_from_file_location(_NAME, _FOLDER / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    sys.path.append(str(_FOLDER))
    sys.modules[_NAME] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def _sweep() -> Callable[[], None] | None:
    return next((each.tapehead_sweep for each in sys.meta_path if hasattr(each, "tapehead_sweep")), None)


def tell(environment: Mapping[str, str]) -> None:
    """Says which environment counts for these clients where a test clears the process's own.

    Does nothing where nothing was activated, as there was no proxy.
    """
    if _sweep():
        importlib.import_module("_tapehead_route").remember(environment)
