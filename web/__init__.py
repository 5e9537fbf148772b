"""The pages: a room that knows the control protocol and nothing of drivers, SIP or the desk's logic.

Calls never depend on it. `python -m web --settings FILE` serves it under gunicorn.
"""
