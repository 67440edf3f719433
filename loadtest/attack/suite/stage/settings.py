"""Settings files of gateways, made from the README's (docs/saoma.toml)."""

import json
import tomllib
from typing import Any

from .process import TREE


def of_readme() -> dict[str, Any]:
    """Returns the settings that the README calls enough."""
    return tomllib.loads((TREE / "docs" / "saoma.toml").read_text())


def merged(settings: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings with more of them, table by table. `None` removes a setting."""
    result = dict(settings)
    for name, value in more.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result


def written(settings: dict[str, Any]) -> str:
    """Returns the text of a settings file. Strings, numbers and lists of TOML are written as in JSON."""
    lines: list[str] = []

    def table(path: str, members: dict[str, Any]) -> None:
        plain = {name: value for name, value in members.items() if not _is_table(value)}
        if plain:
            lines.append(f"[{path}]" if path else "")
            lines.extend(f"{name} = {_value(value)}" for name, value in plain.items())
        for name, value in members.items():
            inner = f"{path}.{name}" if path else name
            if isinstance(value, dict):
                table(inner, value)
            elif _is_table(value):
                for entry in value:
                    lines.append(f"[[{inner}]]")
                    lines.extend(f"{key} = {_value(item)}" for key, item in entry.items())

    table("", settings)
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(item)}" for name, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
