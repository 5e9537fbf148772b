"""What makers do differently, one small table per maker."""
