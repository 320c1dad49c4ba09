"""What can this machine enforce? Apart from the kit: code under observation must not ask the kernel itself."""

from __future__ import annotations

import pytest

from holdfast.capabilities import landlock, seccomp

CAN_CONFINE = landlock.abi_version() >= 3 and seccomp.can_filter()
CAN_TELL_ADDRESSES = CAN_CONFINE and seccomp.can_notify()
needs_confinement = pytest.mark.skipif(
    not CAN_CONFINE, reason="needs Landlock (Linux 6.2 or later) and seccomp filters"
)
needs_addresses = pytest.mark.skipif(
    not CAN_TELL_ADDRESSES, reason="needs Landlock and seccomp user notification"
)
