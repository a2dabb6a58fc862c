"""What replays: the player, and the report of what it missed."""
