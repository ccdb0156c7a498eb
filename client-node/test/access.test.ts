import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Code, ConnectError } from "@connectrpc/connect";
import { type Chancery, connect } from "@chancery/client";

import { CHANCERY, Server } from "./server.js";

const folder = mkdtempSync(join(tmpdir(), "chancery-access-"));
const file = (name: string) => join(folder, name);
let server: Server;
let token: string;

/** Makes a certificate, which the authority signs, or which is the authority's own. */
function certify(name: string, authority?: string) {
  const by = (name: string) => ["-CA", file(`${name}.pem`), "-CAkey", file(`${name}.key`)];
  const signed = authority ? by(authority) : [];
  const kind = authority ? ["-addext", "subjectAltName=IP:127.0.0.1"] : [];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const files = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
  const options = [...key, ...files, "-subj", `/CN=${name}`, ...kind, ...signed];
  execFileSync("openssl", ["req", "-x509", ...options], { stdio: "pipe" });
}

before(async () => {
  process.umask(0o077);
  certify("authority");
  certify("server", "authority");
  certify("anna", "authority");
  writeFileSync(file("roles"), "editor anna\n");
  const made = ["token", "new", "--token-file", file("tokens"), "--role", "editor", "--name", "ben"];
  token = execFileSync(CHANCERY, made, { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
  const tls = ["--tls-cert", file("server.pem"), "--tls-key", file("server.key")];
  const mtls = ["--listen-mtls", "127.0.0.1:0", "--client-ca", file("authority.pem")];
  const known = ["--token-file", file("tokens"), "--certificate-roles", file("roles")];
  server = new Server([...tls, ...mtls, ...known, "--connection-seconds", "1"]);
  await server.start();
});

after(() => server.stop());

async function recorded(chancery: Chancery, id: string): Promise<string | undefined> {
  const scheduled = { details: { title: "T", principal: { name: "P" }, host: { country: "FR" } } };
  const { event } = await chancery.desk.scheduleVisit({ name: `visits/${id}`, scheduled });
  return event?.event?.actor;
}

test("a token goes over an encrypted connection, and its holder is the actor", async () => {
  const chancery = connect(server.address, { token, ca: readFileSync(file("authority.pem")) });
  assert.equal(await recorded(chancery, "by-token"), "ben");
  chancery.close();
});

test("a certificate makes a caller known", async () => {
  const certificate = { cert: readFileSync(file("anna.pem")), key: readFileSync(file("anna.key")) };
  const ca = readFileSync(file("authority.pem"));
  const chancery = connect(server.mtlsAddress, { ca, certificate });
  assert.equal(await recorded(chancery, "by-certificate"), "anna");
  chancery.close();
});

test("a server that is not trusted gets no call", async () => {
  const chancery = connect(`https://${server.address}`, { token });
  await assert.rejects(chancery.info.getServerInfo({}, { timeoutMs: 1000 }), (error) => {
    assert.ok(error instanceof ConnectError);
    return [Code.Unavailable, Code.DeadlineExceeded, Code.Internal].includes(error.code);
  });
  chancery.close();
});

test("a token is not sent unencrypted to another machine, unless that is allowed", () => {
  for (const target of ["192.0.2.1:1", "desk.example:1", "http://127.0.0.1.example:1"]) {
    assert.throws(() => connect(target, { token }), /would be sent to .* unencrypted/);
    connect(target, { token, insecure: true }).close();
  }
  for (const target of ["127.0.0.1:1", "localhost:1", "[::1]:1", "https://desk.example:1"]) {
    connect(target, { token }).close();
  }
});

test("a follower goes on over the ends of its connections", async () => {
  const chancery = connect(server.address, { token, ca: readFileSync(file("authority.pem")) });
  let cuts = 0;
  const following = chancery.follow({ after: "now", onCut: () => (cuts += 1) });
  const positions: bigint[] = [];
  let number = 0;
  const recording = (async () => {
    await sleep(300);
    while (cuts < 2) {
      await recorded(chancery, `aged-${(number += 1)}`);
      await sleep(50);
    }
    await recorded(chancery, "aged-last");
  })();
  for await (const { position, event } of following) {
    positions.push(position);
    if (event?.visit === "visits/aged-last") {
      break;
    }
  }
  await recording;
  assert.equal(positions.length, number + 1);
  assert.deepEqual(positions, positions.map((_, i) => positions[0]! + BigInt(i)));
  chancery.close();
});
