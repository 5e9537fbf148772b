"""The heart: what a reception desk does with calls, as pure logic.

No I/O, no clock, no thread, standard library only. `Desk.handle(event, now)` is the only way in.
"""
