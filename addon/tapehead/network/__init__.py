"""What the proxy may reach, and who may reach it: the guard, link-local hosts, exposure, failures of TLS."""
