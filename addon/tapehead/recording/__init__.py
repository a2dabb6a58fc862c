"""What records: a tap on each response, the recorder, the cassettes that are open, the queue to the disk."""
