"""What an admin looks at when something is wrong: areas of the log, its last lines, the exchange's link."""
