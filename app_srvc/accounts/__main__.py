"""What operators do on the command line: `python -m app_srvc.accounts --help`."""

import argparse
import sys

from app_srvc import db, settings
from app_srvc.accounts import names, operator_links
from app_srvc.accounts.repository import users
from app_srvc.errors import DatabaseDown


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m app_srvc.accounts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("operator-link", help="print a one-time link that makes an operator")
    for command, text in (
        ("make-operator", "let a person with an account look after everything"),
        ("make-user", "let an operator be an ordinary user again"),
    ):
        commands.add_parser(command, help=text).add_argument("login", metavar="LOGIN")
    asked = parser.parse_args(arguments)
    try:
        sys.stdout.write(f"{_answer(asked)}\n")
    except (settings.WrongSetting, LookupError) as error:
        sys.exit(str(error))
    except DatabaseDown as error:
        sys.exit(error.sentence)


def _answer(asked: argparse.Namespace) -> str:
    if asked.command == "operator-link":
        return operator_links.make_link()
    role = asked.command.removeprefix("make-")
    with db.transaction() as conn:
        if not users.set_role(conn, names.login_key(asked.login), role):
            raise LookupError(f"Nobody has the login {asked.login}.")
    return f"{asked.login} is {'an operator' if role == 'operator' else 'a user'} now."


if __name__ == "__main__":
    main()
