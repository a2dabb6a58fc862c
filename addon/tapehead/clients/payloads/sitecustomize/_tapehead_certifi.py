"""certifi: "the usual roots" are those that SSL_CERT_FILE names, which hold the proxy's too."""

import os


def patch(module):
    where, contents = module.where, module.contents

    def new_where():
        named = os.environ.get("SSL_CERT_FILE")
        return named if named and os.path.isfile(named) else where()

    def new_contents():
        path = new_where()
        if path == os.environ.get("SSL_CERT_FILE"):
            with open(path, encoding="ascii", errors="replace") as file:
                return file.read()
        return contents()

    module.where, module.contents = new_where, new_contents
