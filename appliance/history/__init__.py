"""What happened: a record of every call, and what can be counted of them."""
