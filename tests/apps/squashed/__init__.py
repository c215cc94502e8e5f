"""The first three of four steps also as one: with none, some or all of them applied."""
