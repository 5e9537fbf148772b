"""Push buttons, lamps and relays on the GPIO header."""

from drivers.gpio.header import GPIO_ID, ButtonPin, GpioHeader, GpioPins, RelayPin
from drivers.gpio.names import pin_number

__all__ = ["GPIO_ID", "ButtonPin", "GpioHeader", "GpioPins", "RelayPin", "pin_number"]
