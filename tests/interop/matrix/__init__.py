"""The matrix: one program for each SDK, in a folder for each language.

The programs take `plain` or `stream`, speak to their SDK's default URL with keys from the environment, and print what
they got as one line of JSON. `scripts/matrix` runs them.
"""
