"""Holds the table against what is installed when it is imported: before modules that would fail at a name that is gone.

An ImportError (`patch_checks.PatchError`) says which one, in one line.
"""

from tapehead.mitm.patch_checks import check

check()
