"""Read numbers with a unit: weights, lengths, speeds, temperatures, percentages."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import (
    MINUS,
    NUMBER,
    SIGN,
    START,
    VULGAR,
    cardinal,
    fraction,
    number,
    one_of,
    plural,
    vulgar,
)
from audiocli.text.normalization.reading import rule

UNITS: dict[str, tuple[str, str]] = {
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "lb": ("pound", "pounds"),
    "lbs": ("pounds", "pounds"),
    "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"),
    "mi": ("mile", "miles"),
    "ml": ("milliliter", "milliliters"),
    "kph": ("kilometers per hour", "kilometers per hour"),
    "mph": ("miles per hour", "miles per hour"),
    "km/h": ("kilometers per hour", "kilometers per hour"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "KB": ("kilobyte", "kilobytes"),
    "kB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"),
    "Mbps": ("megabits per second", "megabits per second"),
    "Gbps": ("gigabits per second", "gigabits per second"),
    "hr": ("hour", "hours"),
    "hrs": ("hours", "hours"),
    "min": ("minute", "minutes"),
    "mins": ("minutes", "minutes"),
    "sec": ("second", "seconds"),
    "secs": ("seconds", "seconds"),
    "ms": ("millisecond", "milliseconds"),
    "sq ft": ("square foot", "square feet"),
    "sq mi": ("square mile", "square miles"),
    "yd": ("yard", "yards"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"),
    "GW": ("gigawatt", "gigawatts"),
    "mAh": ("milliamp hours", "milliamp hours"),
    "fps": ("frames per second", "frames per second"),
    "cc": ("cubic centimeter", "cubic centimeters"),
    "mcg": ("microgram", "micrograms"),
    "µg": ("microgram", "micrograms"),
    "nm": ("nanometer", "nanometers"),
    "µm": ("micrometer", "micrometers"),
    "pct": ("percent", "percent"),
    "m": ("meter", "meters"),
    "g": ("gram", "grams"),
    "l": ("liter", "liters"),
    "L": ("liter", "liters"),
    "mL": ("milliliter", "milliliters"),
    "cl": ("centiliter", "centiliters"),
    "s": ("second", "seconds"),
    "h": ("hour", "hours"),
    "V": ("volt", "volts"),
    "W": ("watt", "watts"),
    "mW": ("milliwatt", "milliwatts"),
    "mA": ("milliampere", "milliamperes"),
    "Ω": ("ohm", "ohms"),
    "kJ": ("kilojoule", "kilojoules"),
    "kcal": ("kilocalorie", "kilocalories"),
    "tsp": ("teaspoon", "teaspoons"),
    "tbsp": ("tablespoon", "tablespoons"),
    "qt": ("quart", "quarts"),
    "gal": ("gallon", "gallons"),
    "mpg": ("mile per gallon", "miles per gallon"),
    "dpi": ("dot per inch", "dots per inch"),
    "kN": ("kilonewton", "kilonewtons"),
    "mmHg": ("millimeter of mercury", "millimeters of mercury"),
    "eV": ("electronvolt", "electronvolts"),
    "MP": ("megapixel", "megapixels"),
    "cal": ("calorie", "calories"),
    "Pa": ("pascal", "pascals"),
    "hPa": ("hectopascal", "hectopascals"),
    "kPa": ("kilopascal", "kilopascals"),
    "bar": ("bar", "bars"),
    "psi": ("pound per square inch", "pounds per square inch"),
    "dB": ("decibel", "decibels"),
    "px": ("pixel", "pixels"),
    "PB": ("petabyte", "petabytes"),
    "GiB": ("gibibyte", "gibibytes"),
    "MiB": ("mebibyte", "mebibytes"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "kbit/s": ("kilobit per second", "kilobits per second"),
    "Mbit/s": ("megabit per second", "megabits per second"),
    "m/s": ("meter per second", "meters per second"),
    **dict.fromkeys(
        ("m/s²", "m/s2", "m/s^2"), ("meter per second squared", "meters per second squared")
    ),
    "ha": ("hectare", "hectares"),
    "in.": ("inch", "inches"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "bpm": ("beat per minute", "beats per minute"),
    "μg": ("microgram", "micrograms"),
    "µs": ("microsecond", "microseconds"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℃": ("degree Celsius", "degrees Celsius"),
    "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
    "‰": ("per mille", "per mille"),
}
for _length in ("mm", "cm", "m", "km", "ft", "mi", "yd"):
    for _power, _signs in (("square", ("²", "2", "^2")), ("cubic", ("³", "3", "^3"))):
        _one, _many = UNITS[_length]
        UNITS |= {_length + sign: (f"{_power} {_one}", f"{_power} {_many}") for sign in _signs}
_UNIT = one_of(UNITS)
_WHOLE = "dL|second|minute|hour|day|week|month|year|person"  # 5 mg/day
_AFTER_LENGTH = re.compile(
    r" (?:wide|tall|long|deep|high|thick|across|apart|away|above|below|from|by|x|and|or|to|in|of|is"
    r"|was|at|on)\b"
)
_APART = {"s"}  # a unit only after a space: the 20s are years


def _quantity(match: re.Match[str]) -> str | None:
    written, until, space, unit, per = match.groups()
    if unit in _APART and not space:
        return None
    one, many = UNITS[unit]
    words = f"{number(written)} to {number(until)}" if until else number(written)
    each = f" per {UNITS.get(per, (per,))[0]}" if per else ""
    return f"{words} {plural(until or written, one, many)}{each}"


def _adjective(match: re.Match[str]) -> str | None:
    """Read `5-km` in `a 5-km run` with a singular unit."""
    return f"{number(match[1])} {UNITS[match[2]][0]}"


def _feet_and_inches(match: re.Match[str]) -> str:
    feet, inches = match[1], match[2]
    return f"{number(feet)} {plural(feet, 'foot', 'feet')} {cardinal(int(inches))}"


def _feet_and_inches_in_words(match: re.Match[str]) -> str:
    return f"{_feet_and_inches(match)} {plural(match[2], 'inch', 'inches')}"


def _prime(match: re.Match[str]) -> str | None:
    """Read 27\" and 6' as inches and feet, unless the mark closes a quotation."""
    written, mark = match[1], match[2]
    before, after = match.string[: match.start()], match.string[match.end() :]
    quotes = re.findall(rf"(?<!\w){mark}", before) if mark == "'" else re.findall(mark, before)
    # A quotation may have been opened in an earlier sentence.
    if len(quotes) % 2 or (mark in "\"'" and not after):
        return None
    one, many = ("foot", "feet") if mark in "'′" else ("inch", "inches")
    is_adjective = re.match(r" [a-z]", after) and not _AFTER_LENGTH.match(after)
    return f"{number(written)} {one if is_adjective else plural(written, one, many)}"


def _part(match: re.Match[str]) -> str | None:
    """Read `1/2 kg` as `half a kilogram`, `2¾ mi` as `two and three quarters miles`."""
    whole, sign, unit = match[1], match[4], match[5]
    above, below = vulgar(sign) if sign else (int(match[2]), int(match[3]))
    said = fraction(above, below, article=bool(whole)) if above < below else None
    if said is None:
        return None
    one, many = UNITS[unit]
    if whole:
        return f"{number(whole)} and {said} {many}"
    of_one = f"{'an' if one[0] in 'aeiou' or one == 'hour' else 'a'} {one}"
    return f"half {of_one}" if (above, below) == (1, 2) else f"{said} of {of_one}"


def _tolerance(match: re.Match[str]) -> str:
    return f"plus or minus {number(match[1])}"


def _pressure(match: re.Match[str]) -> str:
    return f"{number(match[1])} over {number(match[2])} {UNITS['mmHg'][1]}"


_POINTS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_AMOUNT = rf"({SIGN}(?:{NUMBER}))"

RULES = (
    rule(
        rf"(?<![\w.,/\d])(?:(\d+)(?:[ ]|(?=[{VULGAR}])))?(?:(\d{{1,2}})/(\d{{1,2}})|([{VULGAR}]))"
        rf"[ ]?({_UNIT})(?![\w²³/])",
        _part,
    ),
    rule(r"(?<![\w.,])(\d{1,2})['′][ ]?(\d{1,2})(?:[\"″”]|'')?(?!\w)", _feet_and_inches),
    rule(
        rf"{START}(\d{{1,3}})[ ]?(?:ft\.?|feet|foot),?[ ](\d{{1,2}})[ ]?in(?!\w)"
        r"(?:\.(?=[ ]?[a-z,;)]|$))?",
        _feet_and_inches_in_words,
    ),
    rule(rf"{START}({NUMBER})([\"″'′])(?![\w'’])", _prime),
    rule(
        rf"{START}{_AMOUNT}(?:[ ]?[{MINUS}][ ]?({NUMBER}))?([ \u00a0\u202f]?)"
        rf"({_UNIT})(?:/({_UNIT}|{_WHOLE}))?(?![\w²³])(?:\.(?=[ ]?[a-z\d,;)]))?",
        _quantity,
    ),
    rule(rf"{START}({NUMBER})-(km|m|cm|mm|kg|g|lb|oz|ft|mi|ml|min|sec|hr|px)\b", _adjective),
    rule(r"(?<![\w.,/])(\d{2,3})/(\d{2,3})[ ]?mmHg\b", _pressure),
    rule(r"(?<=[°′″])[ ]?([NSEW])\b", lambda m: f" {_POINTS[m[1]]}"),
    rule(rf"±[ ]?({NUMBER})", _tolerance),
)
