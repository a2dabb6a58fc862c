"""How programs come by their credentials: the flows of SDKs, each a program, and what stands in for the services they ask.

`programs/` are of another environment, with what `requirements.txt` asks for; `serve.py` is a process of its own.
"""
