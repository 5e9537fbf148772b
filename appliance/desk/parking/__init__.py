"""Park orbits. How an exchange parks is its dialect: one small file with one function, `destination`.

A destination is the orbit that the caller will be in, "" where the exchange chooses it, and the number to
transfer the caller to. It refuses an orbit that cannot be had.
"""
