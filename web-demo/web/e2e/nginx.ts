/** nginx with the configuration for operators, on other addresses and with a self-signed certificate. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

const CONFIGURATION = new URL("../../../docs/nginx.conf", import.meta.url);

export class Nginx {
  private constructor(
    /** The configuration in docs/. */
    readonly configuration: string,
    /** File of its self-signed certificate. */
    readonly certificate: string,
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** Starts it at this origin, in front of these nodes. Resolves once it serves. */
  static async start(origin: string, nodes: readonly string[]): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), "saoma-nginx-"));
    const [certificate, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
    await selfSigned(certificate, key);
    const configuration = await readFile(CONFIGURATION, "utf8");
    const hosts = nodes.map((node) => new URL(node).host);
    const site = replaced(configuration, [
      ["192.0.2.11:8080", hosts[0]],
      ["192.0.2.12:8080", hosts[1]],
      ["listen 80;", `listen unix:${folder}/plain.sock;`],
      ["listen 443 ssl", `listen ${new URL(origin).host} ssl`],
      ["server_name login.example", `server_name ${new URL(origin).hostname}`],
      ["https://login.example$request_uri", `${origin}$request_uri`],
      ["/etc/ssl/login.example.crt", certificate],
      ["/etc/ssl/login.example.key", key],
    ]);
    await writeFile(join(folder, "saoma.conf"), site);
    await writeFile(join(folder, "nginx.conf"), around("saoma.conf"));
    await mkdir(join(folder, "temporary"));
    const child = spawn("nginx", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], {
      stdio: ["ignore", "inherit", "inherit"],
      // Debian installs it in a folder that only root has in the path.
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` },
    });
    await once(child, "spawn");
    await accepts(origin, child);
    return new Nginx(configuration, certificate, folder, child);
  }

  async stop(): Promise<void> {
    const ended = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Returns a whole nginx.conf around a site, with all files inside its own folder. */
function around(site: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = kinds.map((kind) => `${kind}_temp_path temporary/${kind};`);
  // Workers of an nginx that root starts run as another user, who may not read the folder.
  const user = process.getuid?.() === 0 ? ["user root;"] : [];
  const http = ["access_log off;", ...temporary, `include ${site};`];
  return [...user, "daemon off;", "worker_processes 2;", "pid nginx.pid;", "events {}", `http { ${http.join(" ")} }`].join("\n");
}

/** Replaces texts. Throws if one is missing, because the configuration has then changed. */
function replaced(text: string, pairs: readonly (readonly [string, string | undefined])[]): string {
  return pairs.reduce((text, [old, fresh]) => {
    if (!text.includes(old) || fresh === undefined) throw new Error(`docs/nginx.conf has no ${old}`);
    return text.replaceAll(old, fresh);
  }, text);
}

async function selfSigned(certificate: string, key: string): Promise<void> {
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  await promisify(execFile)("openssl", ["req", ...kind, ...names, "-keyout", key, "-out", certificate]);
}

/** Waits until the origin accepts a connection. */
async function accepts(origin: string, child: ChildProcess): Promise<void> {
  const { hostname, port } = new URL(origin);
  while (child.exitCode === null) {
    const socket = connect(Number(port), hostname);
    try {
      await once(socket, "connect");
      return;
    } catch {
      await setTimeout(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error("nginx ended before it served");
}
