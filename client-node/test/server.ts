import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// The command of the environment that `make venv` makes.
export const CHANCERY = process.env["CHANCERY"] ?? "../.venv/bin/chancery";

/** A real server on a log of its own, to kill and to start again on the same port. */
export class Server {
  address = "127.0.0.1:0";
  mtlsAddress = "";
  private readonly database: string;
  private process: ChildProcess | undefined;

  constructor(private readonly options: string[] = []) {
    this.database = `sqlite:///${join(mkdtempSync(join(tmpdir(), "chancery-")), "desk.db")}`;
  }

  /** Starts the server, and waits until it listens. */
  async start(): Promise<this> {
    const where = ["--listen", this.address, "--database", this.database];
    const serve = ["serve", ...where, ...this.options];
    this.process = spawn(CHANCERY, serve, { stdio: ["ignore", "ignore", "pipe"] });
    const lines = createInterface(this.process.stderr!);
    const said: string[] = [];
    return new Promise((resolve, reject) => {
      lines.on("line", (line) => {
        said.push(line);
        if (line.includes('"listening"')) {
          const said = JSON.parse(line);
          this.address = said.address;
          this.mtlsAddress = said.mtls_address ?? "";
          resolve(this);
        }
      });
      lines.on("close", () => reject(new Error(`The server has ended:\n${said.join("\n")}`)));
    });
  }

  /** Ends the server in order, or at once by SIGKILL. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const closed = new Promise((resolve) => this.process!.once("close", resolve));
    this.process!.kill(signal);
    await closed;
  }
}
