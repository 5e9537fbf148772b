"""Settings on pages: what an option is, a field is; what was typed is checked as a whole, then written.

A page declares its fields once; `serve` shows and saves them. Two admins are told of each other's changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - a dataclass needs it
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast, get_args, get_type_hints

from flask import redirect, render_template, request, url_for

from appliance.control.protocol import Refused
from appliance.phrase import phrase
from appliance.settings import Settings, SettingsError
from appliance.settings.draft import editing, is_secret
from web import box
from web.language import gettext as _
from web.language import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from werkzeug.wrappers import Response

    from appliance.settings.draft import Draft

Kind = Literal["switch", "choice", "whole", "number", "lines", "names", "secret", "text"]


@dataclass(frozen=True, slots=True)
class Field:
    """One option on a page: its name "section.option", its label, and its choices with their words.

    A section of free names is a field too, by the name of the section: a line for each, "name = text".

    The help is the option's own text, where none is given. All texts are marked with `N_`.
    """

    name: str
    label: str
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict, hash=False)
    help: str | None = None

    @property
    def section(self) -> str:
        """The section that the option stands in."""
        return self.name.rpartition(".")[0]

    @property
    def option(self) -> str:
        """The option's name in its section."""
        return self.name.rpartition(".")[2]

    @property
    def kind(self) -> Kind:
        """How it is filled in."""
        if is_secret(self.section, self.option):
            return "secret"
        if self.choices:
            return "choice"
        if not self.section:
            return "names"
        kind = _declared(self.section)[1][self.option]
        known: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number", tuple[str, ...]: "lines"}
        return known.get(kind, "text")

    @property
    def explained(self) -> str:
        """What the option does."""
        return (
            str(_declared(self.section)[0][self.option].metadata["text"]) if self.help is None else self.help
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, under a title; `folded` ones are shown when they are asked for."""

    title: str
    fields: tuple[Field, ...]
    folded: bool = False
    text: str = ""


class SettingsForm:
    """The fields of a page, with what stands in the settings, or what was typed and is wrong."""

    def __init__(self, *groups: Group) -> None:
        """Show what the settings say; SettingsError when they cannot be used."""
        self.groups = groups
        self.errors: dict[str, str] = {}
        self.fault = ""
        """What is wrong and belongs to no field of this page."""
        self.values = self._shown(box.settings())
        self._was = dict(self.values)

    @property
    def fields(self) -> Iterator[Field]:
        """All fields."""
        return (one for group in self.groups for one in group.fields)

    @property
    def was(self) -> str:
        """What the page shows at first, to be sent back: so that another's change is noticed."""
        return json.dumps(self._was)

    def keeps(self, one: Field) -> bool:
        """Return whether the settings hold a value for a secret, which is not shown."""
        return bool(value_of(box.settings(), one))

    def save(self, typed: Mapping[str, str], **audited: object) -> bool:
        """Write what was typed; where something is wrong, it is beside its field and nothing is written."""
        self.values = {one.name: typed.get(one.name, "") for one in self.fields}
        found = {}
        for one in self.fields:
            try:
                found[one] = read(one, self.values[one.name])
            except ValueError as error:
                self.errors[one.name] = translated(error.args[0])
        with editing(box.path()) as draft:
            before = self._shown(box.settings())
            self._notice_others(typed, before)
            changed = {
                one: value
                for one, value in found.items()
                if (
                    self.values[one.name]
                    if one.kind == "secret"
                    else self.values[one.name] != before[one.name]
                )
            }
            if self.errors:
                return False
            for one, value in changed.items():
                if one.kind == "names":
                    _put_names(draft, one.option, cast("dict[str, str]", value))
                else:
                    draft.put(one.section, one.option, value)
            try:
                draft.save()
            except SettingsError as error:
                self.blame(error)
                return False
        if changed:
            told = {one.name: "…" if one.kind == "secret" else self.values[one.name] for one in changed}
            box.audit("settings", **told, **audited)
        return True

    def blame(self, error: SettingsError) -> None:
        """Put each problem beside its field, and the others above them all."""
        names = {one.name for one in self.fields}
        for problem in error.problems:
            full = f"{problem.section}.{problem.option}"
            for name in names & {full, problem.section}:
                what = translated(problem.fix)
                self.errors[name] = what if name == full else f"{problem.option} {what}".strip()
        if not self.errors:
            self.fault = str(error)

    def _notice_others(self, typed: Mapping[str, str], now: Mapping[str, str]) -> None:
        """Complain of each field that somebody else has changed since this page was shown."""
        try:
            was = json.loads(typed.get("was", "{}"))
        except ValueError:
            was = {}
        self._was = dict(now)
        for name, before in was.items() if isinstance(was, dict) else ():
            if name in now and before != now[name] and self.values[name] not in (before, now[name]):
                text = phrase(
                    "somebody else has changed this to “%(value)s” meanwhile; save again to overwrite it",
                    value=now[name],
                )
                self.errors[name] = translated(text)
            elif name in now and before != now[name]:
                self.values[name] = now[name]  # we did not touch it: theirs stays

    def _shown(self, settings: Settings) -> dict[str, str]:
        return {one.name: written(one, value_of(settings, one)) for one in self.fields}


def placed(groups: Iterable[Group], here: str, there: str) -> tuple[Group, ...]:
    """Return the same fields for another section of the same kind: "line" for "lines.berlin"."""
    return tuple(
        replace(
            group,
            fields=tuple(
                replace(one, name=f"{there}.{one.option}") if one.section == here else one
                for one in group.fields
            ),
        )
        for group in groups
    )


def serve(template: str, groups: tuple[Group, ...], **context: object) -> Response | str | tuple[str, int]:
    """Show a page of settings, or save what was typed there: the whole of most such views."""
    form = SettingsForm(*groups)
    if request.method == "POST" and form.save(request.form):
        tell_saved()
        return redirect(url_for(request.endpoint or "", **(request.view_args or {})), 303)
    page = render_template(template, form=form, **context)
    return (page, 422) if form.errors or form.fault else page


def tell_saved() -> None:
    """Have the desk take the settings, and tell the person when they hold."""
    try:
        if not box.reload():
            box.told(_("Saved. It takes effect when the desk runs again."))
        elif box.is_leaving():
            box.told(_("Saved. Some of it takes effect when the calls of now are over."), "note")
        else:
            box.told(_("Saved."))
    except Refused as error:
        box.told(str(error), "fault")


def read(one: Field, typed: str) -> object:
    """Return what was typed as the option's value; ValueError with a text for the person."""
    if one.kind == "switch":
        return typed == "on"
    if one.kind == "secret":
        return typed
    said = typed.strip()
    if one.kind == "lines":
        return [line.strip() for line in said.replace(",", "\n").splitlines() if line.strip()]
    if one.kind == "names":
        return dict(_named(line) for line in said.splitlines() if line.strip())
    if one.kind == "whole":
        return _as(int, said, phrase("write a whole number"))
    if one.kind == "number":
        return _as(float, said.replace(",", "."), phrase("write a number"))
    if one.choices and said not in one.choices:
        raise ValueError(phrase("choose one of the list"))
    if _declared(one.section)[1][one.option] == int | str and said.lstrip("-").isdecimal():
        return int(said)
    return said


def written(one: Field, value: object) -> str:
    """Return a value as it is shown and sent back; a secret is never shown."""
    if one.kind == "secret":
        return ""
    if one.kind == "switch":
        return "on" if value else ""
    if isinstance(value, tuple):
        return "\n".join(value)
    if isinstance(value, dict):
        return "\n".join(f"{name} = {text}" for name, text in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def value_of(settings: Settings, one: Field) -> object:
    """Return what the settings say; of a section that is not there, the default."""
    table: Any = settings
    if one.kind == "names":
        return getattr(settings, one.option)
    for name in one.section.split("."):
        table = table.get(name) if isinstance(table, dict) else getattr(table, name)
    return _declared(one.section)[0][one.option].default if table is None else getattr(table, one.option)


@cache
def _declared(section: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options of a section by name, and their types."""
    kind = get_type_hints(Settings)[section.split(".")[0]]
    kind = next((inner for inner in get_args(kind) if hasattr(inner, "__dataclass_fields__")), kind)
    return {one.name: one for one in fields(kind)}, get_type_hints(kind)


def _named(line: str) -> tuple[str, str]:
    name, sign, text = (part.strip() for part in line.partition("="))
    if not (sign and name and text):
        raise ValueError(phrase("“%(line)s” is not a name, = and a text", line=line.strip()))
    return name, text


def _put_names(draft: Draft, section: str, names: Mapping[str, str]) -> None:
    """Have exactly these names in a section."""
    for name in draft.names(section):
        if name not in names:
            draft.drop(section, name)
    for name, text in names.items():
        draft.put(section, name, text)


def _as(kind: type[int] | type[float], said: str, otherwise: str) -> int | float:
    try:
        value = kind(said)
    except ValueError:
        raise ValueError(otherwise) from None
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(otherwise)
    return value
