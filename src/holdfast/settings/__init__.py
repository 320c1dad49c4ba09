"""What was this run told, and where did each value come from?"""

from holdfast.settings.key import load_key
from holdfast.settings.load import Loaded, load_settings
from holdfast.settings.resources import resource_of
from holdfast.settings.secret import mask_url, secrets_of
from holdfast.settings.values import (
    GateSettings,
    LinkSettings,
    ReadySettings,
    ResourceSettings,
    SecretSettings,
    ServiceSettings,
    Settings,
    SuiteGate,
    SuiteSettings,
)

__all__ = [
    "GateSettings",
    "LinkSettings",
    "Loaded",
    "ReadySettings",
    "ResourceSettings",
    "SecretSettings",
    "ServiceSettings",
    "Settings",
    "SuiteGate",
    "SuiteSettings",
    "load_key",
    "load_settings",
    "mask_url",
    "resource_of",
    "secrets_of",
]
