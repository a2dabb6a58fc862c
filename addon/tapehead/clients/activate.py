"""What `sitecustomize` does for a program that is started under the proxy, for one that runs already: this process."""

import importlib.util
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent / "payloads" / "sitecustomize"
_NAME = "tapehead_sitecustomize"


def activate() -> None:
    """Makes clients that ignore the environment use the proxy that it names. A second call does nothing."""
    if _NAME in sys.modules or str(_FOLDER) in sys.path:
        return
    spec = importlib.util.spec_from_file_location(_NAME, _FOLDER / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    sys.path.append(str(_FOLDER))
    sys.modules[_NAME] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
