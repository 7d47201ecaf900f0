"""The leak canary: finds a phone number in bytes, whatever shape it was put in.

    canary = Canary(["+447700900123", ...])
    canary.look("the log", data)      # remembers what it found
    canary.found                      # [(where, number, shape, context), ...]

A needle of a few bytes turns up in random bytes by chance: sealed numbers, keys, database pages. Shapes are therefore at least
six bytes long, which in a megabyte happens once in 10^8 runs.
"""
import base64
import re
import urllib.parse

# Country codes and their trunk prefixes: how the numbers of the tests are written at home.
TRUNKS = {"+44": "0", "+91": "0", "+62": "0", "+1": ""}


def at_home(number):
    """(national digits with trunk prefix, significant digits)."""
    for code in sorted(TRUNKS, key=len, reverse=True):
        if number.startswith(code):
            return TRUNKS[code] + number[len(code):], number[len(code):]
    raise ValueError(number)


def swapped(digits):
    """Packed digits as telephony writes them: two in a byte, the first one low."""
    digits += "f" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


def packed(digits):
    return bytes.fromhex(digits + "f" * (len(digits) % 2))


def base64_of(text):
    """What base 64 makes of it at each of the three places that it can begin at, but for the ends that its neighbours decide."""
    for skip in range(3):
        coded = base64.b64encode(b"\0" * skip + text).decode().rstrip("=")
        first = (0, 2, 3)[skip]
        last = len(coded) - (1 if (skip + len(text)) % 3 else 0)
        yield coded[first:last]
        yield coded[first:last].replace("+", "-").replace("/", "_")


def shapes(number):
    """{shape: bytes} of a number, each six bytes or more. Digits among other digits are another number: see `is_digits`."""
    digits, (national, significant) = number[1:], at_home(number)
    found = {
        "digits": digits.encode(),
        "national": national.encode(),
        "significant": significant.encode(),
        "url": urllib.parse.quote(number, safe="").encode(),
        "hex of the text": digits.encode().hex().encode(),
        "HEX of the text": digits.encode().hex().upper().encode(),
        "utf-16": digits.encode("utf-16-le"),
        "hex number": b"%x" % int(digits),
        "HEX number": b"%X" % int(digits),
        "little endian": int(digits).to_bytes(8, "little"),
        "big endian": int(digits).to_bytes(8, "big"),
        "bcd": packed(digits),
        "reversed bcd": swapped(digits),
        "reversed text": digits[::-1].encode(),
        # SQLite keeps whole numbers of this size in six bytes.
        "six bytes": int(digits).to_bytes(6, "big"),
        "six bytes, little endian": int(digits).to_bytes(6, "little"),
    }
    for i, coded in enumerate([*base64_of(digits.encode()), *base64_of(number.encode())]):
        found["base64 %d" % i] = coded.encode()
    return {shape: needle for shape, needle in found.items() if len(needle) >= 6}


# Letters and digits may stand next to these only where they are something else.
DIGITS = {"digits", "national", "significant", "reversed text", "hex number", "HEX number"}
# Between digits people write spaces, dashes, dots, slashes and brackets.
BETWEEN = rb"(?:[ .\-/()]|%20|\xc2\xa0){0,2}"


def spaced(number):
    """Matches the digits of the number with something between some of them, as people write them."""
    return BETWEEN.join(re.escape(digit.encode()) for digit in at_home(number)[1])


class Canary:
    """`numbers`: whose are to be seen nowhere. `known`: numbers that may be seen (virtual ones), to tell them apart."""

    def __init__(self, numbers):
        self.needles = [(number, shape, needle) for number in numbers for shape, needle in shapes(number).items()]
        self.spaced = [(number, re.compile(spaced(number))) for number in numbers]
        self.found, self.bytes, self.places = [], 0, 0

    def _alone(self, data, at, end, shape):
        if shape not in DIGITS:
            return True
        alike = b"0123456789abcdefABCDEF" if "hex" in shape.lower() else b"0123456789"
        before = data[at - 1:at] if at else b""
        after = data[end:end + 1]
        if shape == "significant":
            before = b""   # the country's code stands there, or a trunk prefix
        return not (before and before in alike) and not (after and after in alike)

    def _report(self, where, number, shape, data, at, end):
        self.found.append((where, number, shape, data[max(0, at - 40):end + 20]))

    def look(self, where, data):
        """True if nothing was found. Stops at the first place of each shape."""
        if isinstance(data, str):
            data = data.encode()
        before = len(self.found)
        self.bytes += len(data)
        self.places += 1
        for number, shape, needle in self.needles:
            at = data.find(needle)
            while at >= 0 and not self._alone(data, at, at + len(needle), shape):
                at = data.find(needle, at + 1)
            if at >= 0:
                self._report(where, number, shape, data, at, at + len(needle))
        for number, pattern in self.spaced:
            match = pattern.search(data)
            if match and match.group() != at_home(number)[1].encode():
                self._report(where, number, "spaced", data, match.start(), match.end())
        return len(self.found) == before
