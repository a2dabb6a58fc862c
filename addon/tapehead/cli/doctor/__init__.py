"""What `tapehead doctor` looks for, and how it says it."""
