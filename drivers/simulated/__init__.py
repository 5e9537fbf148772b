"""A simulated desk for the demo and the tests."""

from drivers.simulated.desk import SimulatedDesk

__all__ = ["SimulatedDesk"]
