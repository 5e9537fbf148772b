"""The settings: one commented TOML file, typed; the secrets apart in a file that only its owner may read."""

from appliance.settings.file import (
    DEFAULT_PATH,
    SECRETS_NAME,
    NoSettingsError,
    SettingsError,
    example,
    load,
    load_or_default,
)
from appliance.settings.options import DeskOptions, LineOptions, Settings, SourceOptions

__all__ = [
    "DEFAULT_PATH",
    "SECRETS_NAME",
    "DeskOptions",
    "LineOptions",
    "NoSettingsError",
    "Settings",
    "SettingsError",
    "SourceOptions",
    "example",
    "load",
    "load_or_default",
]
