"""Links of the site that lead out of docs/: the file is there, and the reader sees its path in the source instead of a link."""

import re
from pathlib import Path

from mkdocs.exceptions import PluginError

LINK = re.compile(r"\[([^\]]*)\]\((\.\./[^)#\s]+)(#[^)]*)?\)")


def on_page_markdown(markdown, page, config, files):
    """Replaces links out of docs/ by the path that they lead to."""
    docs = Path(config["docs_dir"])
    folder = (docs / page.file.src_uri).parent

    def replace(link):
        target = (folder / link[2]).resolve()
        if target.is_relative_to(docs):
            return link[0]
        if not target.exists():
            raise PluginError(f"{page.file.src_uri}: {link[2]} is not there")
        text = link[1].strip("`")
        path = str(target.relative_to(docs.parent))
        return f"`{path}`" if path.endswith(text) or text in path else f"{link[1]} (`{path}`)"

    return LINK.sub(replace, markdown)
