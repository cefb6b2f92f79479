"""Runs a Windows command script as far as ours go, so that it can be tested without Windows.

It knows what openshift/*.cmd use, and refuses anything else. Where wine is installed,
test_scripts.py compares what it does with what Windows' own words for it do.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

_OPERATORS = ("||", "&&", "&")
_VARIABLE = re.compile(r"%(%|~dp0|~?[0-9]|\w+(?::~\d+,\d+)?%)")
_FOR = re.compile(r'for (/f "(?P<how>[^"]*)" )?%(?P<name>\w) in \((?P<set>.*?)\) do (?P<rest>.*)')


# What `oc` is: it gets its arguments and its input, and returns its status, output and errors.
Program = Callable[[list[str], str], tuple[int, str, str]]


class _Goto(Exception):
    pass


class _Exit(Exception):
    pass


class Reader:
    """One run of a script. `code` is the exit status, `said` what it has printed itself."""

    def __init__(self, path: Path, arguments: list[str], oc: Program) -> None:
        text = path.read_bytes().decode("ascii")
        assert text.count("\n") == text.count("\r\n"), f"{path.name}: its lines end as on Windows"
        self.lines = text.split("\r\n")
        self.here = path.parent
        self.env: dict[str, str] = {}
        self.oc = oc
        self.said: list[str] = []
        self.code = self._call(0, arguments)

    def _call(self, start: int, arguments: list[str]) -> int:
        """Run from a line on, as a call does, and return what it ends with."""
        self.level = 0
        place, frame = start, list(arguments)
        while place < len(self.lines):
            try:
                self._run(self._expand(self.lines[place], frame), frame)
                place += 1
            except _Goto as jump:
                place = self._label(str(jump))
            except _Exit as end:
                self.level = int(str(end))
                return self.level
        return self.level

    def _label(self, name: str) -> int:
        return self.lines.index(f":{name}")

    def _expand(self, line: str, frame: list[str]) -> str:
        def replace(found: re.Match[str]) -> str:
            name = found[1].lower()
            if name == "%":
                return "%"
            if name == "~dp0":
                return f"{self.here}\\"
            if name.lstrip("~").isdigit():
                number = int(name.lstrip("~")) - 1
                value = frame[number] if number < len(frame) else ""
                return value.strip('"') if name[0] == "~" else value
            return self._variable(name.rstrip("%"))

        return _VARIABLE.sub(replace, line)

    def _variable(self, name: str) -> str:
        name, _, part = name.partition(":~")
        value = str(self.level) if name == "errorlevel" else self.env.get(name, "")
        if part:
            start, length = (int(number) for number in part.split(","))
            value = value[start : start + length]
        return value

    def _run(self, text: str, frame: list[str]) -> None:
        text = text.strip().removeprefix("@")
        if not text or text.startswith((":", "rem ", "setlocal", "echo off")):
            return
        if text.startswith("if "):
            holds, rest = self._condition(text[3:])
            if holds:
                self._run(rest, frame)
        elif text.startswith("for "):
            for rest in self._each(text):
                self._run(rest, frame)
        else:
            self._sequence(text, frame)

    def _sequence(self, text: str, frame: list[str]) -> None:
        first, operator, rest = _split(text, _OPERATORS)
        self._command(first.strip(), frame)
        if operator == "&" or (operator and (operator == "||") == (self.level != 0)):
            self._run(rest, frame)

    def _condition(self, text: str) -> tuple[bool, str]:
        is_not = text.startswith("not ")
        text = text.removeprefix("not ")
        kind, _, rest = text.partition(" ")
        if kind == "errorlevel":
            number, _, rest = rest.partition(" ")
            holds = self.level >= int(number)
        elif kind == "defined":
            name, _, rest = rest.partition(" ")
            holds = bool(self.env.get(name.lower()))
        elif kind == "exist":
            found = re.match(r'"([^"]*)" ', rest)
            assert found, text
            holds, rest = Path(found[1].replace("\\", "/")).exists(), rest[found.end() :]
        else:
            found = re.match(r'"([^"]*)"=="([^"]*)" ', text)
            assert found, text
            holds, rest = found[1] == found[2], text[found.end() :]
        return holds != is_not, rest

    def _each(self, text: str) -> Iterator[str]:
        found = _FOR.fullmatch(text)
        assert found, text
        for value, second in list(self._values(found["how"], found["set"])):
            name = found["name"]
            rest = found["rest"].replace(f"%~n{name}", Path(value.replace("\\", "/")).stem)
            yield rest.replace(f"%{name}", value).replace(f"%{chr(ord(name) + 1)}", second)

    def _values(self, how: str | None, given: str) -> Iterator[tuple[str, str]]:
        if how is None:
            for word in re.findall(r'"[^"]*"|[^\s,;=]+', given):
                yield word, ""
        elif given.startswith("'"):
            yield from (
                (line, "") for line in self._lines(given.strip("'").replace("^", "")) if line
            )
        else:
            assert how == "usebackq tokens=1* delims==", how
            lines = Path(given.strip('"').replace("\\", "/")).read_text("utf-8").splitlines()
            yield from (
                (line.partition("=")[0], line.partition("=")[2].lstrip("="))
                for line in lines
                if line.strip("=") and not line.startswith(";")
            )

    def _lines(self, command: str) -> list[str]:
        """Return what a command prints: the names in a folder, or what `oc` says."""
        if command.startswith("dir /b /on "):
            pattern = Path(command.removeprefix("dir /b /on ").strip('"').replace("\\", "/"))
            return sorted(path.name for path in pattern.parent.glob(pattern.name))
        return self._external(command, capture=True).splitlines()

    def _command(self, text: str, frame: list[str]) -> None:
        verb = text.split(" ", 1)[0]
        known: dict[str, Callable[[], None]] = {
            "set": lambda: self._set(text[4:]),
            "shift": lambda: frame.__delitem__(slice(0, 1)),
            "goto": lambda: _raise(_Goto(text[5:])),
            "exit": lambda: _raise(_Exit(text.removeprefix("exit /b "))),
            "call": lambda: self._subroutine(text[5:]),
            "echo": lambda: self.said.append(text[5:].removesuffix(" 1>&2")),
            "echo.": lambda: self.said.append(""),
        }
        if verb in known:
            known[verb]()
        else:
            self._external(text)

    def _set(self, text: str) -> None:
        found = re.fullmatch(r'"(\w+)=([^"]*)"|(\w+)=(.*)', text)
        assert found, text
        name, value = (found[1], found[2]) if found[1] else (found[3], found[4])
        self.env[name.lower()] = value

    def _subroutine(self, text: str) -> None:
        words = re.findall(r'"[^"]*"|[^\s]+', text)
        assert words[0].startswith(":"), text
        self._call(self._label(words[0][1:]), words[1:])

    def _external(self, text: str, *, capture: bool = False) -> str:
        """Run a program, or two in a pipe; the status is that of the last one."""
        stages, rest = [], text
        while rest:
            stage, _, rest = _split(rest, ("|",))
            stages.append(stage.strip())
        given = ""
        for stage in stages:
            words = [word for word in shlex.split(stage.replace("\\", "\\\\")) if word]
            told = [
                self._path(word) for word in words if not re.fullmatch(r"[12]?>(nul|&[12])", word)
            ]
            assert told[0] == "oc", stage
            self.level, given, errors = self.oc(told[1:], given)
            if errors and "2>nul" not in words and "2>&1" not in words:
                self.said.append(errors)
        return given if capture else ""

    def _path(self, word: str) -> str:
        return word.replace("\\", "/") if str(self.here) in word else word


def _split(text: str, operators: tuple[str, ...]) -> tuple[str, str, str]:
    """Split at the first operator that is not inside quotes and no redirection."""
    is_quoted = False
    for place, letter in enumerate(text):
        is_quoted ^= letter == '"'
        if is_quoted or text[place - 1 : place] == ">":
            continue
        for operator in operators:
            if text.startswith(operator, place):
                return text[:place], operator, text[place + len(operator) :].strip()
    return text, "", ""


def _raise(what: Exception) -> None:
    raise what
