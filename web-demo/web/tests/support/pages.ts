/** The phone's pages, reduced to the parts that the scripts use. */

/** The page on which a code is scanned or pasted. */
export function scanPage(lang: string): string {
  return page(
    lang,
    "scan-camera.js",
    `<scan-camera></scan-camera>
     <form data-scan-form action="/scanned"><label>Code <input name="text"></label><button>OK</button></form>`,
  );
}

/** A page that only listens: what is scanned leads nowhere. */
export function listeningPage(lang: string): string {
  return page(lang, "scan-camera.js", "<scan-camera></scan-camera>");
}

/** The page on which the person confirms, with `seconds` left. */
export function confirmPage(lang: string, seconds: number): string {
  return page(
    lang,
    "confirm-page.js",
    `<p data-expires-in="${seconds}">${seconds} s</p>
     <form><button name="decision" value="reject">Decline</button><button data-confirm>Confirm</button></form>`,
  );
}

/** The page after a confirm to which the computer has not agreed yet. */
export function waitingPage(seconds: number): string {
  return page(
    "en",
    "confirm-page.js",
    `<p data-confirms-again>It asks.</p><p data-expires-in="${seconds}">${seconds} s</p>
     <form method="post" action="/decline">
       <label><input type="radio" name="identity" value="personal" checked required>Personal</label>
       <label><input type="radio" name="identity" value="unit:1" required>Unit</label>
       <button>Decline</button><button formaction="/confirm" data-confirm>I have pressed it</button>
     </form>`,
  );
}

function page(lang: string, script: string, content: string): string {
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Phone</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <script type="module" src="/assets/${script}"></script></head>
    <body><main><h1>Phone</h1>${content}</main></body></html>`;
}
