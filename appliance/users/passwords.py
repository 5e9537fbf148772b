"""Passwords: which are good enough, and how they are hashed.

argon2id at the smaller cost that OWASP's Password Storage Cheat Sheet allows (19 MiB, two rounds, one lane),
one at a time: however many sign in at once, it takes no more memory than that.
"""

from __future__ import annotations

import re
import threading
from unicodedata import normalize

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.phrase import phrase
from appliance.users.errors import UserError

SHORTEST, LONGEST = 10, 256  # characters
MOST_MEMORY, MOST_ROUNDS = 65536, 10  # KiB, and how often: of a hash that was made elsewhere

WORST = frozenset({
    "0123456789", "1234567890", "12345678910", "123123123123", "1234512345", "0987654321", "9876543210",
    "1q2w3e4r5t", "1q2w3e4r5t6y", "q1w2e3r4t5", "qwertyuiop", "qwerty1234", "qwerty12345", "qwertzuiop",
    "azertyuiop", "asdfghjkl1", "zaq12wsxcde3", "abcdefghij", "abcdefghijkl", "abc1234567", "abcd123456",
    "password10", "password12", "password123", "password1234", "password12345", "passwordpassword",
    "p@ssw0rd123", "passw0rd123", "passwort123", "passwort1234", "motdepasse", "motdepasse1", "contraseña",
    "contrasena", "wachtwoord", "wachtwoord1", "administrator", "administrador", "administrateur",
    "adminadmin", "admin12345", "admin123456", "administrator1", "changeme123", "changemenow", "letmein123",
    "letmeinnow", "welcome123", "welcome1234", "willkommen", "willkommen1", "iloveyou12", "iloveyou123",
    "deskbell123", "deskbell1234", "deskbelldeskbell", "reception1", "receptionist", "telephone1",
    "raspberrypi", "raspberry1", "correcthorsebatterystaple",
})  # fmt: skip

_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + 43 * "A"
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_one_at_a_time = threading.Lock()


def check(password: str, name: str) -> None:
    """Raise UserError, which says what to do, when a user's password is too easy to guess."""
    plain = normalize("NFKC", password)
    if len(plain) < SHORTEST:
        raise UserError(
            phrase("a password needs at least %(least)s characters: three words will do", least=SHORTEST)
        )
    if len(plain) > LONGEST:
        raise UserError(phrase("a password has at most %(most)s characters", most=LONGEST))
    folded = plain.casefold()
    if folded == normalize("NFKC", name).casefold():
        raise UserError(phrase("the name is no password: choose something that others do not know"))
    if folded in WORST or len(set(folded)) < 3:
        raise UserError(phrase("that password is among the first that are tried: choose another one"))


def hashed(password: str) -> str:
    """Return what to store."""
    with _one_at_a_time:
        return _hasher.hash(_octets(password))


def is_right(password: str, stored: str = "") -> bool:
    """Return whether a password is the stored one; without one, False after as long a time."""
    if len(password) > LONGEST:
        return False
    try:
        with _one_at_a_time:
            return _hasher.verify(stored or _NOBODY, _octets(password))
    except (VerificationError, InvalidHashError):
        return False


def is_hash(stored: str) -> bool:
    """Return whether this is a hash as `hashed` makes it, at a cost that a small board can pay."""
    try:
        cost = extract_parameters(stored)
    except InvalidHashError:
        return False
    salt, digest = stored.split("$")[-2:]
    return (
        cost.type is Type.ID
        and cost.version == 19
        and 8 * cost.parallelism <= cost.memory_cost <= MOST_MEMORY
        and 1 <= cost.time_cost <= MOST_ROUNDS
        and bool(re.fullmatch(r"[A-Za-z0-9+/]{11,}", salt) and re.fullmatch(r"[A-Za-z0-9+/]{22,}", digest))
    )


def is_outdated(stored: str) -> bool:
    """Return whether a password was hashed at another cost than today's."""
    return _hasher.check_needs_rehash(stored)


def _octets(password: str) -> bytes:
    return normalize("NFKC", password).encode(errors="surrogatepass")  # the same from every keyboard
