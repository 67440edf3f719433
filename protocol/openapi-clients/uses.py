"""Reads each error of docs/openapi.json by the client of openapi-python-client.

Each answer of the document with an error is made up, once for each of its codes, and has to come out of the client as a
model with the same members. Arguments: the document, the folder that holds the package `generated`.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

document: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
sys.path.insert(0, sys.argv[2])

from generated import Client  # noqa: E402
from generated.api.phone import scan_code  # noqa: E402
from generated.models import ScanCodeResponse409  # noqa: E402

METHODS = ("get", "post", "put", "delete")


def errors(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Makes an answer for each code of a schema with the member `error`."""
    for media in answer.get("content", {}).values():
        schema = media.get("schema", {})
        for code in schema.get("properties", {}).get("error", {}).get("enum", []):
            texts = {name: "text" for name in schema["required"]}
            yield texts | {"status": schema["properties"].get("status", {}).get("const")} | {"error": code}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def main() -> None:
    client = Client(base_url="https://login.example")
    read = 0
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method not in METHODS:
                continue
            tag = operation["tags"][0].replace(" ", "_").lower()
            module = import_module(f"generated.api.{tag}.{snake(operation['operationId'])}")
            for status, answer in operation["responses"].items():
                for error in errors(answer):
                    body = {name: value for name, value in error.items() if value is not None}
                    parsed = module._parse_response(client=client, response=httpx.Response(int(status), json=body))
                    told = parsed.to_dict() if parsed is not None else None
                    assert told == body, f"{operation['operationId']} {status}: {told} instead of {body}"
                    read += 1
    print(f"read {read} errors")


def after_scan(client: Client, code: str) -> str:
    """Shows that errors have types: mypy checks this."""
    answer = scan_code.sync(client=client, body={"qr": code})  # type: ignore[arg-type]
    if isinstance(answer, ScanCodeResponse409):
        return answer.error.value
    return "scanned"


if __name__ == "__main__":
    main()
