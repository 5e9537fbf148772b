"""What an admin looks at when something is wrong: the areas of the log, its last lines, the exchange's link."""
