"""certifi: "the usual roots" are those that SSL_CERT_FILE names, which hold the proxy's too."""

import os
import sys

from _tapehead_route import bundle


def patch(module):
    where, contents = module.where, module.contents

    def new_where():
        named = bundle()
        return named if named and os.path.isfile(named) else where()

    def new_contents():
        path = new_where()
        if path == bundle():
            with open(path, encoding="ascii", errors="replace") as file:
                return file.read()
        return contents()

    for each in (module, sys.modules.get("certifi")):  # the package has them too, if it was there before
        if getattr(each, "where", None) is where:
            each.where, each.contents = new_where, new_contents
