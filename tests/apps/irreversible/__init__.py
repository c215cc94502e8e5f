"""Each way in which a step has no way back; Django sees the last one only when it is there."""
