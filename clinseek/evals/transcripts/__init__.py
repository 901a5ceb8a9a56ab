"""What a record tells: its observations and their parts, what was handed in and cited."""
