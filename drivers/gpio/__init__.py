"""Push buttons, lamps and relays on the GPIO header."""

from drivers.gpio.header import GPIO_ID, ButtonPin, GpioHeader, GpioPins, RelayPin, open_relays
from drivers.gpio.names import pin_number

__all__ = ["GPIO_ID", "ButtonPin", "GpioHeader", "GpioPins", "RelayPin", "open_relays", "pin_number"]
