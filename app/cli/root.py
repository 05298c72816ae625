"""Puts the commands together and answers a refusal the same way everywhere."""

from typing import Any

import typer
import typer.core
from pydantic import ValidationError
from rich.markup import escape

from app.cli import (
    accounts,
    audit,
    calendar,
    callsheet,
    check,
    clients,
    data,
    demo,
    drill,
    features,
    force,
    key_adults,
    keys,
    mail,
    match,
    migrate,
    officers,
    register,
    report,
    roles,
    roll,
    serve,
    simulate,
    stand_in,
    step,
    watchdog,
)
from app.cli.output import ERRORS
from app.core.errors import ServiceError
from app.core.logs import error_kind
from app.core.quiet import places

NOUNS = {
    "register": register, "roll": roll, "calendar": calendar, "key-adults": key_adults,
    "force": force, "clients": clients, "accounts": accounts, "report": report, "match": match,
    "audit": audit, "keys": keys, "officers": officers, "drill": drill,
    "mail": mail, "stand-in": stand_in,
    "watchdog": watchdog, "callsheet": callsheet,
}  # fmt: skip


class Commands(typer.core.TyperGroup):
    """Turns a refusal of the service into one line on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ServiceError as error:
            _say(error.detail, *(f"{e.loc}: {e.message}" for e in error.errors))
        except ValidationError as error:
            _say("The settings are not usable:", *_setting_lines(error))
        except FileNotFoundError as error:
            _say(f"There is no file {error.filename}: check the path.")
        except PermissionError as error:
            _say(f"{error.filename} may not be used by this user: check its permissions.")
        except Exception as error:
            if type(error).__module__.startswith(("click", "typer")):
                raise
            # Its words may hold a row: its class and the places it came through are enough.
            _say(f"Something broke: {error_kind(error)}", *places(error))
        raise typer.Exit(1)


def build() -> typer.Typer:
    """Return the whole command line."""
    commands = typer.Typer(
        cls=Commands,
        help="Tells a child's school before 9am that the child lived through domestic abuse.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    commands.command("demo")(demo.demo)
    commands.command("migrate")(migrate.migrate)
    commands.command("roles")(roles.roles)
    commands.command("serve")(serve.serve)
    commands.command("scheduler")(serve.scheduler)
    commands.command("step")(step.step)
    commands.command("check")(check.check)
    commands.command("simulate")(simulate.simulate)
    commands.command("features")(features.features)
    commands.command("data")(data.data)
    for name, module in NOUNS.items():
        commands.add_typer(module.commands, name=name)
    return commands


def _say(*lines: str) -> None:
    for line in lines:
        ERRORS.print(escape(line), soft_wrap=True)


def _setting_lines(error: ValidationError) -> list[str]:
    """Name each setting and what is wrong with it, never the value it held."""
    prefix = "ENCOMPASS_WATCHDOG_" if error.title == "WatchdogSettings" else "ENCOMPASS_"
    return [
        " ".join(
            [
                *(f"{prefix}{str(part).upper()}:" for part in item["loc"][:1]),
                item["msg"].removeprefix("Value error, "),
            ]
        )
        for item in error.errors(include_input=False, include_url=False)
    ]
