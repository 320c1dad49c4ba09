"""Which machine runs a map cheapest within a deadline?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from holdfast.parallel.failure import WrongArgument

__all__ = ["Machine", "Offer", "cheapest", "price"]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that can be had. `speed` is relative to the one that was measured on."""

    name: str
    cores: int
    price_per_core_hour: float
    speed: float = 1.0


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A machine with so many cores in use: how long the map takes, and what that costs."""

    machine: Machine
    cores: int
    seconds: float
    price: float


def price(work_s: float, serial_share: float, machine: Machine, cores: int) -> Offer:
    """Price a map by Amdahl's law: the serial part is no shorter on more cores.

    Raises:
        WrongArgument: no machine can be so, or no map.
    """
    for name, value, is_right, expected in (
        ("work_s", work_s, work_s >= 0, "at least 0"),
        ("serial_share", serial_share, 0 <= serial_share <= 1, "from 0 to 1"),
        ("cores", cores, cores >= 1, "at least 1"),
        ("speed", machine.speed, machine.speed > 0, "above 0"),
        (
            "price_per_core_hour",
            machine.price_per_core_hour,
            machine.price_per_core_hour >= 0,
            "at least 0",
        ),
    ):
        if not is_right:
            raise WrongArgument(f"{name} must be {expected}, got {value!r} for {machine.name}")
    serial = work_s * serial_share
    seconds = (serial + (work_s - serial) / cores) / machine.speed
    cost = seconds / 3600 * machine.price_per_core_hour * machine.cores
    return Offer(machine=machine, cores=cores, seconds=seconds, price=cost)


def cheapest(
    work_s: float, serial_share: float, machines: Iterable[Machine], *, deadline_s: float
) -> Offer | None:
    """Return the cheapest machine that ends within the deadline, None where none does.

    All of a machine is paid for, so all of its cores are used.

    >>> small = Machine(name="small", cores=2, price_per_core_hour=0.05)
    >>> large = Machine(name="large", cores=16, price_per_core_hour=0.05)
    >>> found = cheapest(3600, 0.0, [small, large], deadline_s=600)
    >>> found.machine.name, found.seconds
    ('large', 225.0)
    """
    offers = [price(work_s, serial_share, machine, machine.cores) for machine in machines]
    fitting = [offer for offer in offers if offer.seconds <= deadline_s]
    return min(fitting, key=lambda offer: (offer.price, offer.seconds), default=None)
