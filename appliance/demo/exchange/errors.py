"""What can go wrong with the exchange, in words a person can act on."""


class ExchangeError(RuntimeError):
    """The exchange could not be fetched, started or asked; the message says why and what helps."""
