"""Small apps, each named for the situation that its migrations are in."""
