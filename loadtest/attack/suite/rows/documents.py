"""docs/openapi.json against the gateway, by schemathesis."""

import re
import tomllib

from ..client.outsider import Outsider
from ..client.phone import App
from ..stage import settings
from ..stage.gateway import SAOMA
from ..stage.process import TREE, output_of
from ..stage.stage import Stage
from ..verdict import expect, row

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,ignored_auth"
)


async def without_limits(stage: Stage) -> dict:
    """Returns all limits that this gateway knows, out of reach, so that requests meet more than 429."""
    file = stage.folder / "printed.toml"
    file.write_text(settings.written(stage.settings))
    file.chmod(0o600)
    _, text = await output_of(SAOMA, "print-config", "--config", file)
    names = tomllib.loads(text[text.index("\n[") :]).get("limits", {})
    return {name: {"burst": 1_000_000, "per": "1m"} for name in names}


@row("generated requests against docs/openapi.json", alone=True)
async def api_generated_requests(stage: Stage) -> str:
    node = await stage.small_node("generated", {"limits": await without_limits(stage)})
    app = App.of_new_person(Outsider(stage, at=node))
    examples = stage.few_or_many(5, 100)
    code, said = await output_of(
        TREE / ".venv" / "bin" / "schemathesis",
        *("run", TREE / "docs" / "openapi.json", "--url", node, "--checks", CHECKS),
        *("--phases", "coverage,fuzzing", "--max-examples", str(examples)),
        *("--workers", "2", "--seed", "1", "--no-color", "--request-timeout", "10", "--continue-on-failure"),
        *("--header", f"Authorization: Bearer {app.token}", "--header", "Origin: https://shop.example"),
        *("--suppress-health-check", "all", "--warnings", "off"),
        within=120,
        directory=stage.folder,
    )
    (stage.folder / "schemathesis.txt").write_text(said)
    generated = re.search(r"([\d,]+) generated", said)
    tested = int(generated[1].replace(",", "")) if generated else 0
    found = re.findall(r"^- (.+)$", said, re.MULTILINE)
    figure = f"{tested} requests"
    expect(code == 0 and tested >= 100, f"{figure}: {'; '.join(sorted(set(found)))[:300] or said[-300:]}")
    return figure
