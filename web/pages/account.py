"""The account at the exchange and further lines: how each is, what it needs, tried out before it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for

from appliance.checks import desk as checks
from appliance.settings import SettingsError
from appliance.settings.draft import Draft, editing
from web import access, account_trial, box
from web.account_trial import Verdict
from web.forms import Field, Group, SettingsForm, placed, read, serve, tell_saved
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response as AnyResponse

    from appliance.settings import LineOptions

page = Blueprint("account", __name__)

SECONDS = N_("seconds")
MAIN = "main"
"""What the line of [line] is called where others have a name."""

TRANSPORTS = {"udp": N_("UDP"), "tcp": N_("TCP"), "tls": N_("TLS, encrypted")}
SERVER = Field("line.server", N_("Server"), help=N_("Name or address of the exchange."))
USER = Field("line.user", N_("User"), help=N_("Extension or user name of this desk."))
PASSWORD = Field("line.password", N_("Password"), help="")
TRANSPORT = Field("line.transport", N_("Transport"), choices=TRANSPORTS, help="")
PORT = Field(
    "line.port", N_("Port"), help=N_("Usually 5060, with TLS 5061; 0: the name service tells (SRV).")
)
PIN = Field(
    "line.pin", N_("Trusted certificate"), help=N_("SHA-256 of the one certificate to trust with TLS.")
)

GROUPS = (
    Group(
        N_("Account"),
        (
            SERVER,
            USER,
            PASSWORD,
            TRANSPORT,
            PORT,
            Field("line.display_name", N_("Name that others see"), help=""),
        ),
    ),
    Group(
        N_("Way to the exchange"),
        (
            Field(
                "line.domain",
                N_("Domain"),
                help=N_("What stands behind the @ of a number; empty: the server."),
            ),
            Field(
                "line.outbound_proxy",
                N_("Outbound proxy"),
                help=N_("Such as proxy.example:5061;transport=tls"),
            ),
            Field(
                "line.local_port", N_("Own SIP port"), help=N_("0: any. A fixed one helps after a restart.")
            ),
            Field("line.expires", N_("Registered for"), SECONDS, help=""),
            Field(
                "line.session_expires",
                N_("Calls are checked every"),
                SECONDS,
                help=N_("Does the other end live?"),
            ),
            Field(
                "line.sources", N_("Calls may also come from"), help=N_("Addresses or networks, one a line.")
            ),
            Field("line.direct_calls", N_("Let others than the exchange ring here"), help=""),
        ),
        folded=True,
    ),
    Group(
        N_("Encryption"),
        (
            PIN,
            Field(
                "line.ca_file",
                N_("Certificates to trust"),
                help=N_("A file (PEM); empty: those of the system."),
            ),
            Field(
                "line.srtp",
                N_("Encrypted speech"),
                choices={
                    "off": N_("off"),
                    "optional": N_("where the other end can"),
                    "mandatory": N_("always"),
                },
                help="",
            ),
        ),
        folded=True,
    ),
    Group(
        N_("Speech and digits"),
        (
            Field("line.codecs", N_("Codecs"), help=N_("The best first: G722, PCMA, PCMU, opus, G729.")),
            Field(
                "line.dtmf",
                N_("Digits are sent"),
                choices={
                    "rfc4733": N_("as events in the speech (RFC 4733)"),
                    "info": N_("as messages (SIP INFO)"),
                    "inband": N_("as tones"),
                },
                help="",
            ),
        ),
        folded=True,
    ),
    Group(
        N_("What the exchange tells"),
        (
            Field(
                "line.monitor",
                N_("Colleagues are watched by"),
                choices={"dialog": N_("their calls"), "presence": N_("their presence"), "both": N_("both")},
                help="",
            ),
            Field(
                "line.monitor_list", N_("List of calls"), help=N_("One that tells of all at once (RFC 4662).")
            ),
            Field("line.presence_list", N_("List of presence"), help=N_("The same for presence.")),
            Field("line.publish", N_("Tell whether the operator is there"), help=""),
            Field("line.mailbox", N_("Ask for waiting messages"), help=N_("Many exchanges tell without.")),
        ),
        folded=True,
    ),
)


@page.route("/account", methods=["GET", "POST"])
def start() -> AnyResponse | str | tuple[str, int]:
    """Show and change the main line; list the others."""
    return serve("account/line.html", GROUPS, **context(MAIN))


@page.route("/account/lines/<name>", methods=["GET", "POST"])
def further(name: str) -> AnyResponse | str | tuple[str, int]:
    """Show and change a further line."""
    return serve("account/line.html", placed(GROUPS, "line", section_of(name)), **context(name))


@page.get("/account/states/<name>")
def states(name: str) -> str:
    """Show how the lines are, for the script on the page of one of them."""
    return render_template("account/lines.html", **context(name))


@page.route("/account/add", methods=["GET", "POST"])
def add() -> AnyResponse | str | tuple[str, int]:
    """Add a further line: what it cannot do without; the rest is on its own page."""
    typed = {option: request.form.get(option, "").strip() for option in ("name", "server", "user")}
    if request.method == "GET":
        return render_template("account/add.html", typed=typed, errors={})
    errors = {}
    name = typed["name"]
    if not name.isidentifier() or name == MAIN:
        errors["name"] = _("Write a name of letters, digits and _, such as sales.")
    elif name in box.settings().lines:
        errors["name"] = _("There is a line of this name already.")
    if not errors:
        errors = _added(name, typed, request.form.get("password", ""))
    if errors:
        return render_template("account/add.html", typed=typed, errors=errors), 422
    tell_saved()
    return redirect(url_for("account.further", name=name), 303)


@page.post("/account/lines/<name>/remove")
def remove(name: str) -> AnyResponse:
    """Take a further line out of the settings, with its password."""
    section = section_of(name)
    if name == MAIN:
        abort(404)
    with editing(box.path()) as draft:
        draft.drop(section)
        draft.save()
    box.audit("line removed", name=name)
    tell_saved()
    return redirect(url_for("account.start"), 303)


@page.post("/account/lines/<name>/test")
def test(name: str) -> AnyResponse | tuple[Response, int] | tuple[str, int]:
    """Try out what was typed, and change nothing; where no password was, the one that is kept."""
    section = section_of(name)
    groups = placed(GROUPS, "line", section)
    verdict, errors = tried(groups, section, request.form)
    if access.wants_json():
        answer = jsonify(**verdict._asdict(), well=verdict.well, errors=errors)
        return answer, 200 if verdict.outcome != "wrong" else 422
    form = SettingsForm(*groups)
    form.values |= {one.name: request.form.get(one.name, "") for one in form.fields if one.kind != "secret"}
    form.errors = errors
    page = render_template("account/line.html", form=form, verdict=verdict, **context(name))
    return page, 422 if errors else 200


def tried(
    groups: tuple[Group, ...], section: str, typed: Mapping[str, str]
) -> tuple[Verdict, dict[str, str]]:
    """Try a line out as it would be with what was typed; return what came of it, and the errors by field."""
    line, errors = drafted(groups, section, typed)
    if line is None:
        return Verdict("wrong", errors.pop("", "") or _("Something is wrong.")), errors
    verdict = account_trial.run(line)
    return verdict, {f"{section}.{verdict.option}": verdict.text} if verdict.option else {}


def drafted(
    groups: tuple[Group, ...], section: str, typed: Mapping[str, str]
) -> tuple[LineOptions | None, dict[str, str]]:
    """Return the line as it would be with what was typed; None where something is wrong, by field."""
    form = SettingsForm(*groups)
    draft = Draft(box.path())
    for one in form.fields:
        if one.name not in typed and one.kind != "switch":
            continue  # a form may show fewer
        try:
            if (value := read(one, typed.get(one.name, ""))) or one.kind != "secret":
                draft.put(one.section, one.option, value)
        except ValueError as error:
            form.errors[one.name] = translated(error.args[0])
    try:
        settings = draft.check()
    except SettingsError as error:
        form.blame(error)
        return None, form.errors or {"": form.fault}
    if form.errors:
        return None, form.errors
    return (settings.line if section == "line" else settings.lines[section.partition(".")[2]]), {}


def _added(name: str, typed: dict[str, str], password: str) -> dict[str, str]:
    """Write a further line; return what is wrong with it, by option."""
    section = f"lines.{name}"
    with editing(box.path()) as draft:
        for option in ("server", "user"):
            draft.put(section, option, typed[option])
        draft.put(section, "password", password)
        try:
            draft.save()
        except SettingsError as error:
            ours = {one.option: translated(one.fix) for one in error.problems if one.section == section}
            return ours or {"": str(error)}
    box.audit("line added", name=name, server=typed["server"], user=typed["user"])
    return {}


def section_of(name: str) -> str:
    """Return the section of the settings that a line stands in; 404 where there is no such line."""
    if name == MAIN:
        return "line"
    if name not in box.settings().lines:
        abort(404)
    return f"lines.{name}"


def context(name: str) -> dict[str, Any]:
    """Return what the page of a line shows beside its options: all lines, and what the desk says of each."""
    settings, state = box.settings(), box.state()
    told = state["lines"] if state else {}
    remedies = {one.id: one.remedy for one in checks.lines(told)}
    lines = [
        {
            "name": each,
            "user": line.user,
            "server": line.server,
            "state": told.get(each),
            "remedy": remedies.get(f"line-{each}", ""),
        }
        for each, line in {MAIN: settings.line, **settings.lines}.items()
    ]
    return {"name": name, "lines": lines, "test": url_for("account.test", name=name)}
