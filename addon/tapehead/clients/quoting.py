"""How options with a blank in them are written into a variable, so that the client that splits it gets them whole.

Knows the splitters of Node, Bun and the JVM. Shells are in `env_formats`.
"""

import re


def quoted_option(option: str) -> str:
    """Returns an option for NODE_OPTIONS and BUN_OPTIONS, quoted only if needed.

    Source: Node's src/node_options.cc, ParseNodeOptionsEnvVar.
    """
    if not re.search(r'[\s"\\]', option):
        return option
    return '"' + re.sub(r'(["\\])', r"\\\1", option) + '"'


def java_option(option: str) -> str:
    """Returns an option for JAVA_TOOL_OPTIONS, where either quote hides the other and nothing is escaped.

    Source: HotSpot's runtime/arguments.cpp, parse_options_buffer.
    """
    parts = re.findall(r"[^\s\"']+|[\s\"]+|'+", option)
    return "".join(
        f'"{part}"' if part[0] == "'" else f"'{part}'" if re.match(r'[\s"]', part) else part for part in parts
    )
