"""What tests and scripts share: origins, proxies, stand-ins for providers, examples, and the drivers of long runs.

Imports nothing else of the tests, and no script.
"""
