"""The `tapehead` command and its words. Knows their names, and imports none before it is asked for: starting is to be quick."""

import importlib
from collections.abc import Mapping
from types import MappingProxyType

import click

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "show": "tapehead.cli.show:show",
