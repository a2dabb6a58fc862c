"""What the entry points beside this folder run: a module or a package for each, run with `python -P -m`.

Of the tests it imports `tests.support` and nothing else. `addon/` and the root are on its path, no folder in here is.
"""
