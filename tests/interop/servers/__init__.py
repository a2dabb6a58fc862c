"""Real servers and their own clients, as users write them; `scripts/servers` installs, records and replays them.

Of each folder `server.py PORT` (or what `scripts/lib/servers/rows.py` says) serves on 127.0.0.1, and `client.py URL`
prints all that it got.
"""
