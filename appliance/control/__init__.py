"""The control socket: how pages, command line and scripts see the desk and steer it."""
