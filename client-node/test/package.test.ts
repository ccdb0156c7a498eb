import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Server } from "./server.js";

test("the example of the README runs", async () => {
  const [, example = ""] = readFileSync("README.md", "utf8").split(/^```(?:typescript)?\n/m);
  assert.equal(example, readFileSync("test/readme.ts", "utf8"));

  const server = await new Server().start();
  const env = { ...process.env, CHANCERY_TARGET: server.address };
  const printed = execFileSync(process.execPath, ["build/readme.js"], { env, encoding: "utf8" });
  await server.stop();
  assert.deepEqual(printed.split("\n").slice(0, 4), [
    "on 10 March 2023: SCHEDULED",
    "refused: STATUS_POSTPONED CHANGE_TYPE_POSTPONED",
    "1n visits/charles-france scheduled",
    "2n visits/charles-france postponed",
  ]);
  assert.match(printed, /^resume after 2n of .+\n$/m);
});

test("the archive has the code with its types, the license and the README", () => {
  const [archive] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { encoding: "utf8" }));
  const paths = (archive.files as { path: string }[]).map((each) => each.path);
  for (const path of ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts"]) {
    assert(paths.includes(path), path);
  }
  assert(paths.every((path) => path.startsWith("dist/") || !path.includes("/")), String(paths));
});
