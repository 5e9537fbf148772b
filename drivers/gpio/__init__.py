"""Push buttons and lamps on the GPIO header."""

from drivers.gpio.header import GpioHeader, GpioPins

__all__ = ["GpioHeader", "GpioPins"]
