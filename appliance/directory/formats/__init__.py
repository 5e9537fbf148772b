"""Files of people: our own CSV, Outlook's CSV, vCard; each a module with `read` and `write`.

`read(stream, ...)` yields a `Row` for every person, a `Fault` for what could not be taken, a `Notice` for
what was left out of a person who was: a file of any size is read in little memory. `write(people, stream)`
writes what `read` takes back as the same people.
"""
