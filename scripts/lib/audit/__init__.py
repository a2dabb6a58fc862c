"""`scripts/redact-audit`: secrets are planted in recorded traffic and looked for in all that was written."""
